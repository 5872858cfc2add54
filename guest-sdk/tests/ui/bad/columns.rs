use tenon_sdk::{Entity, Ulid};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    id: Ulid,
    #[entity(key)]
    email: String,
    #[entity(rename = "email")]
    mail: String,
}

#[derive(Entity)]
#[entity(table = "links", plain)]
struct Link {
    left: Ulid,
}

#[derive(Entity)]
#[entity(table = "pairs", unique)]
struct Pair {
    left: String,
}

#[derive(Entity)]
#[entity(table = "others", unique(columns = ["left", "middle"]))]
struct Other {
    left: String,
}

#[derive(Entity)]
#[entity(table = "indexed", index(columns = ["lower(left)"]), unique(name = "uq"), check(name = "ck"))]
struct Indexed {
    left: String,
}

#[derive(Entity)]
#[entity(table = "twice", unique(columns = ["left", "Left"]), renamed_from = "a\"b")]
#[entity(index(columns = ["nosuch DESC"], name = "ix"), index(columns = ["left COLLATE german"], name = "ix_b"))]
#[entity(check(expression = " "), index(columns = ["right"], name = "IX", filter = ""))]
struct Twice {
    left: String,
    right: String,
}

#[derive(Entity)]
#[entity(table = "names", unique(columns = ["left"], name = "x"), check(expression = "1", name = "X"))]
struct Names {
    left: String,
}

#[derive(Entity)]
#[entity(table = "indexes", index(columns = ["left"]), index(columns = ["right"], name = "IX_indexes_Left"))]
struct Indexes {
    #[entity(index)]
    left: String,
    right: String,
}

#[derive(Entity)]
#[entity(table = "terms", index(columns = ["nosuch DESC"], name = "ix_a"), index(columns = ["lower(left)"]))]
struct Terms {
    left: String,
}

#[derive(Entity)]
#[entity(table = "fields")]
struct FieldNames {
    #[entity(renamed_from = "sqlite_x", collate = "german")]
    right: String,
}

#[derive(Entity)]
#[entity(table = "long")]
struct Long {
    #[entity(index)]
    a_name_that_is_short_enough_for_a_column_but_not_for_its_index: String,
}

#[derive(Entity)]
#[entity(table = "json_each")]
struct JsonEach {
    #[entity(rename = "Json_Tree")]
    left: String,
}

fn main() {}
