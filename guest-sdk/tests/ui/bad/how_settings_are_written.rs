use tenon_sdk::Entity;

#[derive(Entity)]
#[entity(table = orders)]
struct A {
    #[entity(min = low)]
    a: i64,
    #[entity(one_of = a)]
    b: String,
    #[entity(max_length = long)]
    c: String,
}

#[derive(Entity)]
#[entity("orders")]
struct B {
    a: i64,
}

#[derive(Entity)]
#[entity]
struct C {
    #[entity = "key"]
    a: i64,
}

fn main() {}
