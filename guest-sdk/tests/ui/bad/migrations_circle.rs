const MIGRATIONS: tenon_sdk::Migrations = tenon_sdk::migrations!("../folders/circle");

fn main() {}
