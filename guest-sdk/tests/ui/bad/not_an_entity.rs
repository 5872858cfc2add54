use tenon_sdk::{Manifest, Plugin};

struct User;

struct Shop;

impl Plugin for Shop {
    fn describe(manifest: &Manifest) {
        manifest.entity::<User>();
    }
}

fn main() {}
