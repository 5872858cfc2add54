use tenon_sdk::Entity;

#[derive(Entity)]
struct User {
    email: String,
}

#[derive(Entity)]
#[entity(table = "tenon_users")]
struct Reserved {
    email: String,
}

fn main() {}
