const MIGRATIONS: tenon_sdk::Migrations = tenon_sdk::migrations!("../folders/nowhere");

fn main() {}
