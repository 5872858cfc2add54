//! Plugins are listed, installed and removed over HTTP by whoever has the operator's key, and by nobody else.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::stopping::Stopped;
use crate::support::server::{Answer, PATIENT, Server};
use crate::support::{TestHost, component};

const KEY: &str = "a4f1c2d3e5b6978812345678abcdef00";

fn with_key() -> TestHost {
    with_key_and("")
}

fn with_key_and(settings: &str) -> TestHost {
    TestHost::new().configured(&format!("{settings}{PATIENT}component-mib = 1\n[operator]\nkey = \"{KEY}\"\n"))
}

fn bytes(plugin: &str) -> Vec<u8> {
    std::fs::read(component(plugin)).unwrap()
}

/// A request of the operator's.
#[track_caller]
fn ask(server: &Server, method: &str, path: &str, body: Vec<u8>) -> Answer {
    let key = format!("Bearer {KEY}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/wasm")];
    server.request_with(method, path, if body.is_empty() { &headers[..1] } else { &headers }, body)
}

fn files(host: &TestHost) -> Vec<String> {
    let entries = std::fs::read_dir(host.path("plugins")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_plugin_is_installed_upgraded_replaced_and_removed() {
    let host = with_key();
    let server = host.serve_logged();
    assert_eq!(ask(&server, "GET", "$plugins", Vec::new()).is(200).json()["plugins"], json!([]));
    let installed = ask(&server, "PUT", "$plugins/shop", bytes("shop")).is(201).json();
    assert_eq!((&installed["name"], &installed["file"], &installed["ready"]), (&json!("shop"), &json!("shop.wasm"), &json!(false)));
    assert!(installed["command"].as_str().unwrap().contains("tenon upgrade shop@head"), "{installed}");
    // It is served when the answer is there, not some time later.
    server.get("users").problem(503, "plugin-not-ready");
    assert_eq!(files(&host), ["shop.wasm"]);
    host.run("upgrade head").done();
    server.until("users", 200);
    let again = ask(&server, "PUT", "%24plugins/shop", bytes("shop")).is(200).json();
    assert_eq!((&again["replaced"], &again["ready"], &again["hash"]), (&json!(true), &json!(true), &installed["hash"]));
    let listed = ask(&server, "GET", "$plugins", Vec::new()).is(200).json();
    assert_eq!(listed, serde_json::from_str::<Value>(&host.run("plugins list --json").done().out).unwrap());
    let inspected = ask(&server, "GET", "$plugins/shop", Vec::new()).is(200).json();
    assert_eq!(inspected, serde_json::from_str::<Value>(&host.run("plugins inspect shop --json").done().out).unwrap());
    server.post("users", &json!({ "email": "ada@example.org", "name": "Ada" })).is(201);
    let removed = ask(&server, "DELETE", "$plugins/shop", Vec::new()).is(200).json();
    assert_eq!(removed["file"], "shop.wasm");
    server.get("users").problem(404, "not-found");
    assert!(files(&host).is_empty(), "{:?}", files(&host));
    assert_eq!(host.column("SELECT email FROM users"), ["ada@example.org"]);
    let log = server.stop().logged();
    assert_eq!((log.saying("installed over HTTP").len(), log.saying("removed over HTTP").len()), (2, 1));
}

#[test]
fn who_has_not_the_key_can_do_nothing() {
    let host = with_key().plugin("shop");
    let server = host.serve();
    for given in
        ["", "Bearer", "Bearer ", "Bearer wrong", &format!("Bearer {KEY}0"), &format!("Bearer {}", &KEY[1..]), &format!("Basic {KEY}"), KEY]
    {
        for (method, path) in [("GET", "$plugins"), ("GET", "$plugins/shop"), ("PUT", "$plugins/shop"), ("DELETE", "$plugins/shop")] {
            let headers = [("authorization", given), ("content-type", "application/wasm")];
            let body = if method == "PUT" { bytes("chapkit") } else { Vec::new() };
            let answer = server.request_with(method, path, if given.is_empty() { &headers[1..] } else { &headers }, body);
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"tenon\"", "{method} {path} {given}");
            answer.problem(401, "unauthorized");
        }
    }
    assert_eq!(files(&host), ["shop.wasm"]);
}

#[test]
fn without_a_key_in_the_configuration_there_is_nothing() {
    let host = TestHost::new().plugin("shop");
    let server = host.serve();
    for (method, path) in [("GET", "$plugins"), ("GET", "%24plugins"), ("GET", "$plugins/shop"), ("DELETE", "$plugins/shop")] {
        let answer = ask(&server, method, path, Vec::new());
        assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
    }
    assert_eq!(ask(&server, "PUT", "$plugins/chapkit", bytes("chapkit")).status, 404);
    assert_eq!(files(&host), ["shop.wasm"]);
}

#[test]
fn what_cannot_be_served_is_not_put_into_the_folder() {
    let host = with_key().plugin("shop").plugin("billing");
    host.run("upgrade heads --quiet").done();
    let server = host.serve();
    let good = bytes("shop");
    let (half, core) = (good[..good.len() / 2].to_vec(), wat::parse_str("(module)").unwrap());
    for component in [b"hello".to_vec(), half, core, wat::parse_str("(component)").unwrap(), bytes("traps-in-describe")] {
        let answer = ask(&server, "PUT", "$plugins/shop", component);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("the component was refused, and what was served is served as before: "), "{detail}");
        assert!(!detail.contains(".part") && !detail.contains("plugins/"), "{detail}");
        answer.is(422);
    }
    ask(&server, "PUT", "$plugins/chapkit", good.clone()).problem(422, "another-plugin");
    ask(&server, "PUT", "$plugins/Not%20a%20name", good.clone()).problem(404, "unknown-plugin");
    ask(&server, "PUT", "$plugins/..%2Fshop", good.clone()).problem(404, "unknown-plugin");
    ask(&server, "PUT", "$plugins/shop?force=1", good.clone()).is(400);
    ask(&server, "GET", "$plugins/nobody", Vec::new()).problem(404, "unknown-plugin");
    ask(&server, "DELETE", "$plugins/nobody", Vec::new()).problem(404, "unknown-plugin");
    ask(&server, "POST", "$plugins", good.clone()).problem(405, "method-not-allowed");
    // Billing requires the shop.
    let needed = ask(&server, "DELETE", "$plugins/shop", Vec::new()).problem(409, "plugin-needed");
    assert!(needed.body.contains("billing"), "{needed:?}");
    let key = format!("Bearer {KEY}");
    let as_json = [("authorization", key.as_str()), ("content-type", "application/json")];
    server.request_with("PUT", "$plugins/shop", &as_json, good).problem(415, "unsupported-media-type");
    let large = vec![0; (1 << 20) + 1];
    ask(&server, "PUT", "$plugins/shop", large).problem(413, "too-large");
    assert_eq!(files(&host), ["billing.wasm", "shop.wasm"]);
    server.get("users").is(200);
    server.get("invoices").is(200);
    assert_eq!(server.get("/health").json()["status"], "healthy");
}

#[test]
fn a_file_under_another_name_is_replaced_and_another_plugins_is_not() {
    let host = with_key();
    std::fs::write(host.path("plugins/other.wasm"), bytes("shop")).unwrap();
    std::fs::write(host.path("plugins/chapkit.wasm"), bytes("billing")).unwrap();
    let server = host.serve();
    let installed = ask(&server, "PUT", "$plugins/shop", bytes("shop")).is(200).json();
    assert_eq!((&installed["file"], &installed["replaced"]), (&json!("other.wasm"), &json!(true)));
    let taken = ask(&server, "PUT", "$plugins/chapkit", bytes("chapkit")).problem(409, "conflict");
    assert!(taken.body.contains("chapkit.wasm is the file of plugin billing"), "{taken:?}");
    assert_eq!(files(&host), ["chapkit.wasm", "other.wasm"]);
}

#[test]
#[cfg(target_os = "linux")]
fn what_comes_while_a_plugin_is_installed_is_not_lost() {
    // Of its own, so that it has to compile.
    let host = with_key_and("cache-folder = \"cache\"\n");
    let server = host.serve();
    std::thread::scope(|scope| {
        let installing = scope.spawn(|| ask(&server, "PUT", "$plugins/shop", bytes("shop")));
        let compiler = Stopped::of(&server);
        crate::drop_in(&host, "shop.wasm", &bytes("chapkit"));
        drop(compiler);
        let refused = installing.join().unwrap().problem(409, "conflict");
        assert!(refused.body.contains("shop.wasm among its files"), "{refused:?}");
    });
    assert_eq!(std::fs::read(host.path("plugins/shop.wasm")).unwrap(), bytes("chapkit"));
    assert_eq!(files(&host), ["shop.wasm"]);
    server.until_health(|health| health["plugins"]["chapkit"].is_object());
}

#[test]
fn what_comes_while_an_installed_plugin_is_upgraded_in_vain_is_not_lost() {
    let host = TestHost::new().configured(&format!("{PATIENT}lock-wait-ms = 60000\n[operator]\nkey = \"{KEY}\"\n"));
    host.add_as("notes-1", "notes.wasm");
    let server = host.serve_with(&["--auto-upgrade"]).unwrap();
    server.post("notes", &json!({ "note": "kept" })).is(201);
    let holder = host.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let installing = scope.spawn(|| ask(&server, "PUT", "$plugins/notes", bytes("notes-2-broken")));
        // It is in its place, and waits for the database.
        server.until_health(|_| std::fs::read(host.path("plugins/notes.wasm")).unwrap() == bytes("notes-2-broken"));
        crate::drop_in(&host, "notes.wasm", &bytes("notes-2"));
        holder.execute_batch("ROLLBACK").unwrap();
        installing.join().unwrap().problem(409, "conflict");
    });
    server.until_health(|health| health["plugins"]["notes"]["version"] == "2.0.0");
    assert_eq!((files(&host), std::fs::read(host.path("plugins/notes.wasm")).unwrap()), (vec!["notes.wasm".to_owned()], bytes("notes-2")));
}

#[test]
fn what_came_a_moment_ago_is_not_removed() {
    let host = with_key();
    host.add_as("requires-range", "other.wasm");
    let server = host.serve();
    // Both are refused, because nobody is there whom they require; one was so from the start.
    host.add("requires-notes");
    server.until_health(|health| health["files"]["requires-notes.wasm"].is_object());
    crate::drop_in(&host, "requires-notes.wasm", &bytes("chapkit"));
    ask(&server, "DELETE", "$plugins/requires-notes", Vec::new()).problem(404, "unknown-plugin");
    // What is refused and was not touched goes.
    assert_eq!(ask(&server, "DELETE", "$plugins/requires-range", Vec::new()).is(200).json()["file"], "other.wasm");
    assert_eq!(files(&host), ["requires-notes.wasm"]);
    assert_eq!(std::fs::read(host.path("plugins/requires-notes.wasm")).unwrap(), bytes("chapkit"));
}

#[test]
fn what_a_killed_server_left_of_an_install_goes_and_what_another_is_at_work_on_stays() {
    let host = with_key();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (new, old) = (format!(".tenon-{now}-a.part"), format!(".tenon-{}-a.part", now - 2 * 3600));
    let former = format!(".tenon-{now}-b.former");
    for name in [&new, &old, &former, ".tenon-1-a.former", ".tenon-1-a"] {
        host.write(&format!("plugins/{name}"), "a component");
    }
    let server = host.serve_logged();
    assert_eq!(files(&host), [".tenon-1-a", ".tenon-1-a.former", &new, &former]);
    let log = server.stop().logged();
    assert_eq!(log.saying("was left by a process that was ended while it installed a plugin").len(), 1);
    assert_eq!(log.saying("is the former file of a plugin").len(), 2);
}

#[test]
fn what_cannot_be_put_back_is_not_replaced_and_what_can_is() {
    let host = with_key();
    std::fs::create_dir(host.path("plugins/shop.wasm")).unwrap();
    let server = host.serve();
    let refused = ask(&server, "PUT", "$plugins/shop", bytes("shop")).problem(409, "conflict");
    assert!(refused.body.contains("shop.wasm in the plugins folder cannot be replaced"), "{refused:?}");
    std::fs::remove_dir(host.path("plugins/shop.wasm")).unwrap();
    // More bytes than a component may have here.
    host.write("plugins/shop.wasm", vec![0; (1 << 20) + 1]);
    assert_eq!(ask(&server, "PUT", "$plugins/shop", bytes("shop")).is(200).json()["replaced"], true);
    assert_eq!(files(&host), ["shop.wasm"]);
}

#[test]
fn what_came_a_moment_ago_is_not_written_over() {
    let host = with_key();
    let server = host.serve();
    crate::drop_in(&host, "shop.wasm", &bytes("chapkit"));
    let taken = ask(&server, "PUT", "$plugins/shop", bytes("shop")).problem(409, "conflict");
    assert!(taken.body.contains("shop.wasm is the file of plugin chapkit"), "{taken:?}");
    assert_eq!(std::fs::read(host.path("plugins/shop.wasm")).unwrap(), bytes("chapkit"));
    // It is taken up all the same.
    server.until_health(|health| health["plugins"]["chapkit"].is_object());
}

#[test]
fn what_came_in_the_place_of_a_plugins_file_a_moment_ago_is_not_removed_for_it() {
    let host = with_key().plugin("shop");
    let server = host.serve();
    crate::drop_in(&host, "shop.wasm", &bytes("chapkit"));
    ask(&server, "DELETE", "$plugins/shop", Vec::new()).problem(404, "unknown-plugin");
    assert_eq!(std::fs::read(host.path("plugins/shop.wasm")).unwrap(), bytes("chapkit"));
    assert_eq!(server.get("/health").json()["plugins"].as_object().unwrap().keys().collect::<Vec<_>>(), ["chapkit"]);
}

#[test]
fn a_plugin_whose_file_is_broken_is_removed_with_it() {
    let host = with_key().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    host.write("plugins/shop.wasm", "hello");
    crate::until_health(&server, "degraded");
    server.get("users").is(200);
    let removed = ask(&server, "DELETE", "$plugins/shop", Vec::new()).is(200).json();
    assert_eq!(removed["file"], "shop.wasm", "{removed}");
    server.get("users").problem(404, "not-found");
    assert!(files(&host).is_empty(), "{:?}", files(&host));
}

#[test]
fn what_cannot_be_upgraded_to_is_taken_out_again() {
    let host = with_key();
    host.add_as("notes-1", "notes.wasm");
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    server.post("notes", &json!({ "note": "kept" })).is(201);
    let refused = ask(&server, "PUT", "$plugins/notes", bytes("notes-2-broken")).problem(422, "component-refused");
    assert!(refused.body.contains("its revisions are not all applied"), "{refused:?}");
    assert_eq!(std::fs::read(host.path("plugins/notes.wasm")).unwrap(), bytes("notes-1"));
    assert_eq!(files(&host), ["notes.wasm"]);
    assert_eq!(server.get("notes").is(200).json()[0]["note"], "kept");
    assert_eq!(crate::until_health(&server, "healthy")["plugins"]["notes"]["version"], "1.0.0");
    let installed = ask(&server, "PUT", "$plugins/notes", bytes("notes-2")).is(200).json();
    assert_eq!((&installed["version"], &installed["ready"]), (&json!("2.0.0"), &json!(true)));
}
