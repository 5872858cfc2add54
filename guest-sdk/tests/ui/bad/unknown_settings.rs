use tenon_sdk::Entity;

#[derive(Entity)]
#[entity(table = "users", colour = "red")]
struct User {
    #[entity(uniqe, unique = true)]
    email: String,
    #[entity(index, index)]
    name: String,
    #[entity(default = now())]
    at: String,
}

fn main() {}
