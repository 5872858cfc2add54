use tenon_sdk::{Date, Decimal, Entity, Json, Time, Timestamp, Ulid, Uuid};

#[derive(Entity)]
#[entity(table = "things")]
struct Thing {
    #[entity(default = "abc")]
    float: f64,
    #[entity(default = true)]
    switch: f64,
    #[entity(default = true)]
    json: Json,
    #[entity(default = "nil")]
    no_json: Json,
    #[entity(default = 5)]
    bytes: Vec<u8>,
    #[entity(default = "{", format = "json")]
    json_bytes: Vec<u8>,
    #[entity(type = "enum(a,b)", default = "c")]
    word: String,
    #[entity(default = "c", one_of = ["a", "b"])]
    listed: String,
    #[entity(default = "soon")]
    day: Option<Date>,
    #[entity(default = "soon")]
    moment: Timestamp,
    #[entity(default = "25:00:00")]
    time: Time,
    #[entity(default = "hello")]
    ulid: Ulid,
    #[entity(default = "hello")]
    uuid: Uuid,
    #[entity(type = "decimal(4,2)", default = "abc")]
    price: Decimal,
    #[entity(type = "decimal(4,2)", default = 1.5)]
    fraction: Decimal,
    #[entity(type = "decimal(4,2)", default = 100)]
    large: Decimal,
    #[entity(type = "string(2)", default = "abc")]
    country: String,
    #[entity(max_length = 2, default = "abc")]
    short: String,
    #[entity(min_length = 5, default = "abc")]
    long: String,
    #[entity(min = 3, default = 2)]
    low: i64,
    #[entity(max = 3, default = 3.5)]
    high: f64,
    #[entity(default_expression = " ")]
    silent: String,
}

#[derive(Entity)]
#[entity(table = "rules")]
struct Rule {
    #[entity(one_of = ["a", "a"])]
    twice: String,
    #[entity(one_of = ["a", ""])]
    nothing: String,
    #[entity(type = "enum(a,b)", one_of = ["a"])]
    words: String,
    #[entity(type = "enum(a,b)", min_length = 1)]
    length: String,
    #[entity(max = 9007199254740993)]
    huge: i64,
}

fn main() {}
