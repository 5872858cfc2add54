const MIGRATIONS: tenon_sdk::Migrations = tenon_sdk::migrations!("../folders/two-ids");

fn main() {}
