use tenon_sdk::{Entity, Json};

#[derive(Entity)]
#[entity(table = "things")]
struct Thing {
    #[entity(default = "yes")]
    flag: bool,
    #[entity(default = 1)]
    name: String,
    #[entity(default = 1.5)]
    count: i64,
    #[entity(default = "a", default_expression = "'a'")]
    twice: String,
    #[entity(min = 3)]
    short: String,
    #[entity(max_length = 3)]
    number: i64,
    #[entity(min = 5, max = 1)]
    nowhere: i64,
    #[entity(min_length = -1)]
    negative: String,
    #[entity(one_of = [])]
    none: String,
    #[entity(one_of = ["1"])]
    not_text: i64,
    #[entity(format = "json")]
    data: Json,
}

fn main() {}
