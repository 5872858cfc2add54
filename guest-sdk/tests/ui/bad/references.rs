use tenon_sdk::{Entity, Ulid};

#[derive(Entity)]
#[entity(table = "orders", foreign_key(columns = ["a", "b"], references = "t(x)"))]
struct Order {
    #[entity(references = "users")]
    a: Ulid,
    #[entity(references = "users.id", on_delete = "explode")]
    b: Ulid,
    #[entity(on_delete = "cascade")]
    c: Ulid,
    #[entity(references = "users.id", on_delete = "set-null")]
    d: Ulid,
}

fn main() {}
