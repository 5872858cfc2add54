//! Many clients write at once, somebody else needs the database meanwhile, and then the power goes: what was acknowledged is there.
//!
//! `TENON_LOAD_ROWS=800000 cargo test -p tenon --test writes -- --nocapture` is the long run, about a minute; without it a load is 20,000 rows.

mod server;
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use server::{Client, Server};
use support::TestHost;
use tenon::store::{BUSY_COMMAND, Database, Mode};

const CLIENTS: usize = 64;

/// Rows that a load has when it is over.
fn load_rows() -> u64 {
    std::env::var("TENON_LOAD_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000)
}

/// How far a load is.
#[derive(Default)]
struct Progress {
    rows: u64,
    /// Clients that write no more.
    ended: usize,
}

/// One of many writers.
struct Load {
    address: SocketAddr,
    user: String,
    stop: AtomicBool,
    busy: AtomicU64,
    others: AtomicU64,
    progress: Mutex<Progress>,
    moved: Condvar,
}

impl Load {
    /// Orders of a user of their own.
    fn on(server: &Server) -> Self {
        let user = server.send("POST", "/api/v1/users", Some(r#"{"email":"a@b.c","name":"A"}"#));
        let user = user.json()["id"].as_str().expect("an id").to_owned();
        let (busy, others) = (AtomicU64::new(0), AtomicU64::new(0));
        let (progress, moved) = (Mutex::default(), Condvar::new());
        Self { address: server.address, user, stop: AtomicBool::new(false), busy, others, progress, moved }
    }

    /// Writes orders until told to stop or the server is gone; answers the ids of those that were acknowledged.
    ///
    /// Nothing but the text in `status` tells one order from another: a write that is done twice is two rows.
    fn write(&self, number: usize) -> Vec<(String, String)> {
        let acknowledged = self.write_on(number);
        self.progress().ended += 1;
        self.moved.notify_all();
        acknowledged
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many rows more are acknowledged than now, or nobody writes any more.
    fn go_on(&self, rows: u64) {
        let progress = self.progress();
        let enough = progress.rows + rows;
        let waits = |progress: &mut Progress| progress.rows < enough && progress.ended < CLIENTS;
        drop(self.moved.wait_while(progress, waits).unwrap_or_else(PoisonError::into_inner));
    }

    fn write_on(&self, number: usize) -> Vec<(String, String)> {
        let mut acknowledged = Vec::new();
        let Ok(mut client) = Client::connect(self.address) else { return acknowledged };
        for round in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let mark = format!("{number}-{round}");
            let body = format!(r#"{{"user_id":"{}","total_amount":{round}.5,"status":"{mark}"}}"#, self.user);
            // Gone in the middle: whether the row is there is not known, and was not promised.
            let Ok(answer) = client.send("POST", "/api/v1/orders", Some(&body)) else { break };
            match answer.status {
                201 => {
                    acknowledged.push((answer.json()["id"].as_str().expect("an id").to_owned(), mark));
                    self.progress().rows += 1;
                    self.moved.notify_all();
                }
                503 => drop(self.busy.fetch_add(1, Ordering::Relaxed)),
                _ => {
                    eprintln!("{answer:?}");
                    self.others.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        acknowledged
    }

    /// How long somebody in this process waits for the write lock, which `take` takes and lets go.
    fn wait_for_the_lock(&self, mut take: impl FnMut()) -> Waits {
        let mut waits = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            take();
            waits.push(began.elapsed());
            // Not so often that it takes part in the load.
            self.go_on(50);
        }
        waits.sort();
        Waits(waits)
    }
}

/// Sorted.
struct Waits(Vec<Duration>);

impl Waits {
    fn most(&self) -> Duration {
        self.0.last().copied().expect("the lock was waited for")
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |hundredths: usize| self.0[(self.0.len() - 1) * hundredths / 100];
        write!(f, "{} times: p50 {:.1?}, p99 {:.1?}, most {:.1?}", self.0.len(), at(50), at(99), self.most())
    }
}

#[test]
fn what_was_acknowledged_is_there_once_after_a_kill_in_the_middle_of_the_load() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = Server::start(&host);
    let load = Load::on(&server);
    let began = Instant::now();
    let (acknowledged, upgrade) = std::thread::scope(|scope| {
        let load = &load;
        let writers: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || load.write(number))).collect();
        load.go_on(load_rows() / 3);
        // A new plugin is dropped in and applied, by another process, while the server writes without a pause.
        host.add("chapkit");
        let begun = Instant::now();
        host.run("upgrade head").done();
        let upgrade = begun.elapsed();
        load.go_on(load_rows() / 3);
        let pid = server.id();
        assert!(std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("kill runs").success());
        let acknowledged: Vec<_> = writers.into_iter().flat_map(|writer| writer.join().expect("a writer ends")).collect();
        (acknowledged, upgrade)
    });
    let took = began.elapsed();
    assert_eq!(load.others.load(Ordering::Relaxed), 0, "a write was answered something else than 201 or 503");
    assert!(acknowledged.len() > CLIENTS, "nothing was written");
    drop(server);

    let mut rows: HashMap<String, Vec<String>> = HashMap::new();
    for row in host.column("SELECT status || ' ' || id FROM orders") {
        let (mark, id) = row.split_once(' ').expect("both are there");
        rows.entry(mark.to_owned()).or_default().push(id.to_owned());
    }
    for (id, mark) in &acknowledged {
        assert_eq!(rows.get(mark).map(Vec::as_slice), Some(std::slice::from_ref(id)), "{mark} is there, once, as it was answered");
    }
    assert!(rows.values().all(|ids| ids.len() == 1), "a row is there twice");
    assert!(rows.len() <= acknowledged.len() + CLIENTS, "only what was in flight may be there unacknowledged");
    assert_eq!(host.column("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(host.column("PRAGMA foreign_key_check"), Vec::<String>::new());
    assert!(host.tables().contains(&"artifacts".to_owned()), "the upgrade got in");
    println!(
        "{} rows acknowledged in {took:.1?} ({:.0} a second), {} unacknowledged, {} times busy; `tenon upgrade` took {upgrade:.2?}",
        acknowledged.len(),
        acknowledged.len() as f64 / took.as_secs_f64(),
        rows.len() - acknowledged.len(),
        load.busy.load(Ordering::Relaxed),
    );
}

#[test]
fn another_process_gets_in_while_the_server_writes_without_a_pause() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = Server::start(&host);
    let load = Load::on(&server);
    let (ours, theirs) = std::thread::scope(|scope| {
        let load = &load;
        let writers: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || load.write(number).len())).collect();
        let path = host.path("tenon.db");
        let ours = scope.spawn(move || {
            let mut database = Database::open(&path, Mode::ReadWrite, BUSY_COMMAND).expect("the database can be opened");
            load.wait_for_the_lock(|| {
                database.begin_write().expect("the lock is got in time");
                database.rollback().expect("nothing was done");
            })
        });
        let other = host.database();
        let theirs = scope.spawn(move || {
            other.busy_timeout(Duration::from_secs(30)).expect("a timeout can be set");
            load.wait_for_the_lock(|| other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").expect("the lock is got in time"))
        });
        load.go_on(load_rows());
        load.stop.store(true, Ordering::Relaxed);
        let rows: usize = writers.into_iter().map(|writer| writer.join().expect("a writer ends")).sum();
        println!("{rows} rows by {CLIENTS} clients");
        (ours.join().expect("it ends"), theirs.join().expect("it ends"))
    });
    println!("tenon waited for the lock {ours}\nprograms that wait as SQLite does, {theirs}");
    assert!(ours.most() < Duration::from_secs(2), "another tenon waited {:?}", ours.most());
}
