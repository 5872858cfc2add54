const MIGRATIONS: tenon_sdk::Migrations = tenon_sdk::migrations!();

fn main() {}
