const MIGRATIONS: tenon_sdk::Migrations = tenon_sdk::migrations!("../folders/many-mistakes");

fn main() {}
