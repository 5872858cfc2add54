use tenon_sdk::{Entity, Ulid};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    id: Ulid,
    #[entity(key)]
    email: String,
    #[entity(rename = "email")]
    mail: String,
}

#[derive(Entity)]
#[entity(table = "links", plain)]
struct Link {
    left: Ulid,
}

#[derive(Entity)]
#[entity(table = "keys", plain)]
struct Key {
    #[entity(key)]
    left: Option<Ulid>,
}

#[derive(Entity)]
#[entity(table = "pairs", unique)]
struct Pair {
    left: String,
}

#[derive(Entity)]
#[entity(table = "others", unique(columns = ["left", "middle"]))]
struct Other {
    left: String,
}

#[derive(Entity)]
#[entity(table = "indexed", index(columns = ["lower(left)"]), unique(name = "uq"), check(name = "ck"))]
struct Indexed {
    left: String,
}

fn main() {}
