//! Every file that is no plugin, dropped while another is served: it is refused by name with a reason, and the other answers all the while.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::logged::Logged;
use crate::support::server::Server;
use crate::support::steps::written;
use crate::support::{TestHost, component};

/// What lies in the folder under a name that ends in `.wasm`: how it is put there, and what the log says of it.
struct Broken {
    name: &'static str,
    put: Box<dyn Fn(&Path)>,
    says: &'static str,
}

fn bytes(name: &'static str, content: impl Into<Vec<u8>>, says: &'static str) -> Broken {
    let content = content.into();
    Broken { name, put: Box::new(move |path| std::fs::write(path, &content).unwrap()), says }
}

fn guest(name: &'static str, says: &'static str) -> Broken {
    bytes(name, std::fs::read(component(name)).unwrap(), says)
}

/// The shop, built against a contract of another number.
fn of_another_contract() -> Vec<u8> {
    let mut shop = std::fs::read(component("shop")).unwrap();
    let (ours, theirs) = (b"@0.1.", b"@0.9.");
    for at in 0..shop.len() - ours.len() {
        if shop[at..].starts_with(ours) {
            shop[at..at + ours.len()].copy_from_slice(theirs);
        }
    }
    shop
}

/// Declares a column that its revision does not make.
fn unproven() -> Vec<u8> {
    let column = |name: &str| json!({"name": name, "data_type": "integer", "nullable": true});
    let table = |columns: Value| json!({"name": "t", "columns": columns});
    let made = json!([{"call": "create-table", "table": table(json!([column("a")]))}]);
    let script = json!({"declares": {"tables": [table(json!([column("a"), column("b")]))]}, "m1": made});
    written(std::fs::read(component("scripted")).unwrap(), &script)
}

fn contents() -> Vec<Broken> {
    let shop = std::fs::read(component("shop")).unwrap();
    vec![
        bytes("nothing", "", "it is empty; was the build interrupted?"),
        bytes("text", "hello\n", "it is a text file, not a WebAssembly component"),
        bytes("noise", [0xfe; 64], "it is not WebAssembly: it does not begin with the bytes"),
        bytes("half", &shop[..shop.len() / 2], "it is damaged or cut short"),
        bytes("core-module", wat::parse_str("(module)").unwrap(), "it is a core WebAssembly module, not a component"),
        bytes("other-world", wat::parse_str("(component)").unwrap(), "it is a component of another kind, not a tenon plugin"),
        bytes("other-contract", of_another_contract(), "it was built against contract 0.9.0, and this tenon speaks 0.1.0"),
        guest("traps-in-describe", "panicked: the author forgot something"),
        guest("loops-in-describe", "the plugin ran for more than 2000 ms of its own time"),
        guest("allocates-in-describe", "it asked for more memory, its own and that of its documents together, than it may have"),
        guest("same-name", "its plugin name `shop` is also that of shop.wasm"),
        guest("duplicate-table", "table users is declared by plugin duplicate-table and belongs to plugin shop"),
        bytes("unproven", unproven(), "its revisions do not leave what it declares"),
    ]
}

/// What is no file, or none that can be read.
#[cfg(unix)]
fn no_files() -> Vec<Broken> {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    fn link(name: &'static str, to: &'static str, says: &'static str) -> Broken {
        Broken { name, put: Box::new(move |path| symlink(to, path).unwrap()), says }
    }
    let folder = Box::new(|path: &Path| std::fs::create_dir(path).unwrap());
    let forbidden = Box::new(|path: &Path| {
        std::fs::copy(component("billing"), path).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
    });
    let fifo = Box::new(|path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()));
    let large = Box::new(|path: &Path| std::fs::File::create(path).unwrap().set_len((32 << 20) + 1).unwrap());
    vec![
        Broken { name: "folder", put: folder, says: "it cannot be read: it is not a regular file" },
        link("to-nowhere", "nowhere", "it cannot be read: No such file or directory"),
        link("to-itself", "to-itself.wasm", "it cannot be read: Too many levels of symbolic links"),
        Broken { name: "forbidden", put: forbidden, says: "it cannot be read: Permission denied" },
        Broken { name: "fifo", put: fifo, says: "it cannot be read: it is not a regular file" },
        Broken { name: "large", put: large, says: "it cannot be read: it is larger than 32 MiB" },
    ]
}

/// Drops one after another while the shop is asked without a pause, and answers what the log says of each.
fn dropped(broken: &[Broken]) -> Logged {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve_logged();
    let (is_over, path) = (AtomicBool::new(false), |case: &Broken| host.path(&format!("plugins/{}.wasm", case.name)));
    thread::scope(|scope| {
        // Told to stop also when something fails.
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                server.get("users").is(200);
            }
        });
        let _over = Over(&is_over);
        for case in broken {
            (case.put)(&path(case));
            until_refused(&server, case.name);
            take_away(&path(case));
        }
        server.until_health(|health| health["status"] == "healthy");
    });
    server.stop().logged()
}

/// Until the file is refused, and none of those before it. Of two that call themselves the shop, both are; the shop goes on.
fn until_refused(server: &Server, name: &str) {
    let file = format!("{name}.wasm");
    let health = server.until_health(|health| {
        let files = health["files"].as_object();
        files.is_some_and(|files| files.contains_key(&file) && files.keys().all(|other| *other == file || other == "shop.wasm"))
    });
    assert_eq!((&health["status"], &health["plugins"]["shop"]["state"]), (&json!("degraded"), &json!("healthy")), "{name}: {health}");
}

fn take_away(path: &Path) {
    if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) }.unwrap();
}

/// Each is named once, with its reason. Prints the list.
fn check(broken: &[Broken]) {
    let log = dropped(broken);
    for Broken { name, says, .. } in broken {
        let begins = |line: &&Value| line["fields"]["message"].as_str().is_some_and(|message| message.starts_with(&format!("{name}.wasm")));
        let named: Vec<&Value> = log.saying("was refused").into_iter().filter(begins).collect();
        let [line] = &named[..] else { panic!("{name} is named once: {named:?}") };
        let (level, message) = (&line["level"], line["fields"]["message"].as_str().unwrap());
        println!("| `{name}.wasm` | {} |", message.replace('\n', "<br>"));
        assert_eq!(level, "ERROR", "{line}");
        assert!(message.contains(says), "{name}: {says:?} is not in {message:?}");
    }
}

#[test]
fn a_file_that_is_no_plugin_is_named_in_the_log_and_nobody_else_notices() {
    check(&contents());
}

#[test]
#[cfg(unix)]
fn what_is_no_file_or_cannot_be_read_is_named_in_the_log_and_nobody_else_notices() {
    let mut all = no_files();
    // Nothing is forbidden to some users, `root` among them.
    let probe = tempfile::NamedTempFile::new().unwrap();
    std::fs::set_permissions(probe.path(), std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    all.retain(|case| case.name != "forbidden" || std::fs::File::open(probe.path()).is_err());
    check(&all);
}
