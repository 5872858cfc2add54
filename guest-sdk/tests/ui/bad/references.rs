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
}

#[derive(Entity)]
#[entity(table = "lines", foreign_key(columns = ["a", "id"], references = "t(x, y)", on_delete = "set-null", on_update = "set-default"))]
struct Line {
    #[entity(references = "users.id", on_delete = "set-default")]
    a: Option<Ulid>,
    #[entity(references = "users.id", on_delete = "set-default", default = "01HZY0V3K8Q4W9M2N5P7R1S6TD")]
    b: Ulid,
}

fn main() {}
