use tenon_sdk::revision;

revision! {}

revision! { down = ["a-1"], depends_on = ["a1b2c3d4e5f6"], created = "yesterday", irreversible = "" }

revision! { down = "a1" }

revision! { down = [], parent = "a1" }

revision! { down = [], message = "", created = "1969-12-31T23:59:59Z" }

revision! { down = [], message = "a\nb", irreversible = "c\nd" }

fn main() {}
