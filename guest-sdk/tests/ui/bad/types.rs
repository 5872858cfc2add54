use tenon_sdk::{Decimal, Entity};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(type = "varchar(80)")]
    email: String,
}

#[derive(Entity)]
#[entity(table = "items")]
struct Item {
    price: Decimal,
    count: u64,
}

fn main() {}
