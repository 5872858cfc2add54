use tenon_sdk::Entity;

#[derive(Entity)]
#[entity(table = "colours")]
enum Colour {
    Red,
}

#[derive(Entity)]
#[entity(table = "pairs")]
struct Pair(String, String);

#[derive(Entity)]
#[entity(table = "boxes")]
struct Boxed<T> {
    content: T,
}

fn main() {}
