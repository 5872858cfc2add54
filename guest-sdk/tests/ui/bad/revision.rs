use tenon_sdk::revision;

revision! {}

revision! { down = ["a-1"], depends_on = ["a1b2c3d4e5f6"], created = "yesterday", irreversible = "" }

revision! { down = "a1" }

revision! { down = [], parent = "a1" }

fn main() {}
