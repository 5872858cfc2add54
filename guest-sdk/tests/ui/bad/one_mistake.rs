//! One mistake is one error: nothing is said to be missing because of it.
use tenon_sdk::{Entity, Manifest, Plugin};

#[derive(Entity)]
#[entity(table = "rows", unique(columns = ["a"]))]
struct Row {
    #[entity(type = "varchar")]
    a: String,
}

#[derive(Entity)]
#[entity(table = "keys", plain)]
struct Key {
    #[entity(key, colour = "red")]
    a: String,
}

#[derive(Entity)]
enum Colour {
    Red,
}

struct Shop;

impl Plugin for Shop {
    fn describe(manifest: &Manifest) {
        manifest.entity::<Row>().entity::<Key>().entity::<Colour>();
    }
}

fn main() {}
