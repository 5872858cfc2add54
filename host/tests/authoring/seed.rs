//! "Generating New Migrations", as the seed's README has it, with the shop: a model is edited, a revision written, read and applied. The seed's
//! own run of it drops both tables.

use std::fs;

use serde_json::json;

use crate::author::{Author, checkout};
use crate::support::{TestHost, rows};

const USER: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// The shop's crate, copied out of its workspace, beside a host to which the shop is applied, with rows.
fn shop() -> Author {
    let author = Author::beside(TestHost::new().plugin("shop"), "shop");
    author.edit("Cargo.toml", "version = \"0.1.0\"", "version = \"1.0.0\"");
    for folder in ["src", "migrations"] {
        fs::remove_dir_all(author.path(folder)).unwrap();
        fs::create_dir(author.path(folder)).unwrap();
        for entry in fs::read_dir(checkout(&format!("plugins/shop/{folder}"))).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), author.path(folder).join(entry.file_name())).unwrap();
        }
    }
    author.host.run("upgrade head").done();
    let fill = format!(
        "INSERT INTO users (id, email, name) VALUES ('{USER}', 'a@example.org', 'Ada'); \
         INSERT INTO orders (id, user_id, total_amount) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAW', '{USER}', 12.5)"
    );
    author.host.database().execute_batch(&fill).unwrap();
    author
}

#[test]
fn a_phone_is_added_to_a_user_and_nothing_else_is_touched() {
    let author = shop();
    author.model("    pub name: String,\n", "    pub name: String,\n    /// Where to call them.\n    pub phone: Option<String>,\n");
    let said = author.autogenerate("add phone to user").done();
    let detected: Vec<&str> = said.err.lines().filter(|line| line.starts_with("Detected")).collect();
    assert_eq!(detected, ["Detected added column users.phone."]);
    let expected = "//! add phone to user\n\nuse tenon_sdk::{Column, Operations, Result, revision};\n\nrevision! { down = [\"a1b2c3d4e5f6\"] }\n\n\
                    pub fn upgrade(op: &Operations) -> Result<()> {\n    op.add_column(\"users\", &Column::string(\"phone\"))\n}\n\n\
                    pub fn downgrade(op: &Operations) -> Result<()> {\n    op.drop_column(\"users\", \"phone\")\n}\n";
    assert_eq!(said.out, expected);
    let file = author.files().pop().unwrap();
    assert!(file.to_str().unwrap().ends_with("_add_phone_to_user.rs"), "{}", file.display());
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    author.host.run("upgrade head").done();
    let database = author.host.database();
    assert_eq!(rows(&database, "SELECT email, name, phone FROM users"), ["a@example.org|Ada|NULL"]);
    assert_eq!(rows(&database, "SELECT user_id, total_amount FROM orders"), [format!("{USER}|12.5")]);
    let server = author.host.serve();
    let body = json!({"email": "b@example.org", "name": "Bo", "phone": "+47 555"});
    let made = server.post("users", &body).is(201).json();
    assert_eq!(made["phone"], "+47 555");
    assert_eq!(server.get(&format!("users/{}", made["id"].as_str().unwrap())).is(200).json()["phone"], "+47 555");
    assert_eq!(server.get(&format!("users/{USER}")).is(200).json()["phone"], json!(null));
    drop(server);
    manual_and_lost(&author);
}

/// `revision -m` alone, and a file that somebody removes after it was applied.
fn manual_and_lost(author: &Author) {
    let said = author.revision(&["-m", "manual", "--rev-id", "manual"]).done();
    assert_eq!(said.out.matches("(_op: &Operations) -> Result<()> {\n    Ok(())\n}").count(), 2, "{}", said.out);
    author.host.run("upgrade head").done();
    author.host.run("check").done();
    let history = author.host.run("history").done().out;
    assert_eq!(history.lines().count(), 3, "{history}");
    assert!(history.contains("manual") && history.contains("add phone to user"), "{history}");
    fs::remove_file(author.files().pop().unwrap()).unwrap();
    author.model("    pub name: String,\n", "    pub name: String,\n    pub nickname: Option<String>,\n");
    author.autogenerate("add nickname").done().err_has(&["plugins/shop.wasm has revision manual, and the crate has no file of it"]);
    author.host.run("upgrade head").not_done().err_has(&["revision manual is applied, and the file does not have it"]);
}
