//! A service with so many plugins and so many rows, in a folder of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::first::first_answer;
use crate::bench::check::Client;
use crate::bench::contestant::{Contestant, OWN_CACHE, settled};
use crate::bench::rows::{fill, id};
use crate::bench::server::Server;
use crate::bench::shell::ask;
use crate::bench::stop::{Stop, command};

/// The shop with so many users, beside so many other plugins.
#[derive(Debug)]
pub(super) struct Service {
    /// All of them, the shop included.
    pub(super) plugins: u32,
    /// Of the shop's users.
    pub(super) rows: u32,
    pub(super) contestant: Contestant,
    program: PathBuf,
    folder: PathBuf,
}

/// What services are made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) program: PathBuf,
    /// The folder with the shop.
    pub(super) plugins: PathBuf,
    /// The other plugins' files, as many as any service needs.
    pub(super) others: Vec<PathBuf>,
}

impl Service {
    /// Makes the folder, applies what the plugins bring, and fills the table. A service of one plugin has the shop alone.
    pub(super) fn set_up(parts: &Parts, plugins: u32, rows: u32, folder: PathBuf) -> Result<Self> {
        eprintln!("a service with {plugins} plugins and {rows} users");
        let others = parts.others.get(..plugins as usize - 1).context("there are not so many plugins")?.to_vec();
        let contestant = Contestant::standard_beside(&parts.program, &parts.plugins, others);
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        contestant.prepare(&folder)?;
        let service = Self { plugins, rows, contestant, program: parts.program.clone(), folder };
        ask(&service.database(), &format!("{} PRAGMA wal_checkpoint(TRUNCATE)", fill(rows as usize)))?;
        fs::File::open(service.database())?.sync_all()?;
        Ok(service)
    }

    fn database(&self) -> PathBuf {
        self.folder.join(self.contestant.table().0)
    }

    /// How large the database is, in bytes.
    pub(super) fn database_bytes(&self) -> Result<u64> {
        Ok(fs::metadata(self.database())?.len())
    }

    /// Forgets what was compiled and proven.
    pub(super) fn empty_cache(&self) -> Result<()> {
        let cache = self.folder.join(OWN_CACHE);
        fs::remove_dir_all(&cache).with_context(|| cache.display().to_string())
    }

    /// How much machine code is kept, and of how many components: in bytes, and files.
    pub(super) fn kept_code(&self) -> Result<(u64, usize)> {
        let mut kept = (0, 0);
        for entry in fs::read_dir(self.folder.join(OWN_CACHE))? {
            let entry = entry?;
            if Path::new(&entry.file_name()).extension().is_some_and(|extension| extension == "cwasm") {
                kept = (kept.0 + entry.metadata()?.len(), kept.1 + 1);
            }
        }
        Ok(kept)
    }

    /// Starts it; answers the milliseconds from there until one user is answered with 200. `setpriv`, which sees to it that the server does not
    /// outlive us, is part of them.
    pub(super) fn start(&self, stop: &Stop) -> Result<(Server, f64)> {
        stop.check()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut tenon = command(&self.program);
        tenon.args(["serve", "--port", &port.to_string()]);
        let tenon = settled(tenon, &self.folder);
        let path = format!("{}/{}", self.contestant.path(), id(0));
        let began = Instant::now();
        let mut server = Server::launch(self.contestant.title(), tenon, format!("http://127.0.0.1:{port}"), &self.folder.join("log"))?;
        first_answer(&mut server, &path, stop)?;
        Ok((server, began.elapsed().as_secs_f64() * 1e3))
    }

    /// # Errors
    /// Not every plugin is served, or users are not answered as they should be.
    pub(super) fn check(&self, client: &Client) -> Result<()> {
        let (_, text) = client.get("/health")?;
        let health: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
        let served = health["plugins"].as_object().map_or(0, serde_json::Map::len);
        ensure!(served == self.plugins as usize && health["status"] == "healthy", "{served} of {} plugins: {text}", self.plugins);
        client.check_user(&self.contestant, 0)?;
        client.check_user(&self.contestant, self.rows as usize - 1)?;
        client.check_list(&self.contestant)?;
        if self.plugins > 1 {
            // The last of the others: a table of its own, with no rows.
            let path = format!("/api/v1/bench-scale-{:04}", self.plugins - 2);
            let (status, text) = client.get(&path)?;
            ensure!((status, text.as_str()) == (200, "[]"), "GET {path} answered {status}: {text}");
        }
        Ok(())
    }
}
