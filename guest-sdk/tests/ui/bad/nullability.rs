use tenon_sdk::{Entity, Ulid};

type Maybe = Option<Ulid>;

#[derive(Entity)]
#[entity(table = "keys", plain)]
struct Key {
    #[entity(key)]
    left: Option<Ulid>,
    #[entity(key)]
    middle: Maybe,
    #[entity(key, type = "ulid")]
    right: Maybe,
}

#[derive(Entity)]
#[entity(table = "orders")]
#[entity(foreign_key(columns = ["a", "b"], references = "t(x, y)", on_delete = "set-null"))]
struct Order {
    #[entity(references = "users.id", on_delete = "set-null")]
    a: Ulid,
    #[entity(type = "string(26)", references = "users.id", on_update = "set-null")]
    b: String,
}

fn main() {}
