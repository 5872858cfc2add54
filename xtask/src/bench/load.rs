//! The load: wrk, for so many seconds, with answers looked at meanwhile.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::check::Client;
use super::contestant::Contestant;
use super::options::Workload;
use super::rows::{USERS, id};
use super::server::ticks_of_children;
use super::stop::{Stop, command};

/// How often an answer is looked at during the load: too seldom to be a load itself.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// How much longer than it was told a load may take.
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// What wrk says at its end.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Answers that came in time.
    pub(super) answers: u64,
    pub(super) micros: u64,
    /// Answers with a status of 400 or more, and requests without an answer.
    refused: u64,
    failed: u64,
    pub(super) p50_micros: u64,
    pub(super) p99_micros: u64,
    pub(super) max_micros: u64,
    /// Processor time of wrk itself. It does not say it.
    #[serde(skip)]
    pub(super) ticks: u64,
}

/// The scripts for wrk, and the paths that they ask for, in a folder of their own.
#[derive(Debug)]
pub(super) struct Load {
    folder: PathBuf,
}

impl Load {
    /// Writes them.
    pub(super) fn new(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let scripts = [
            (Workload::Get, include_str!("wrk/get.lua")),
            (Workload::List, include_str!("wrk/list.lua")),
            (Workload::Post, include_str!("wrk/post.lua")),
        ];
        let load = Self { folder };
        for (workload, script) in scripts {
            std::fs::write(load.script(workload), [script, include_str!("wrk/done.lua")].concat())?;
        }
        Ok(load)
    }

    fn script(&self, workload: Workload) -> PathBuf {
        self.folder.join(format!("{}.lua", workload.title().replace(' ', "-").to_lowercase()))
    }

    /// Loads the server, and looks at answers meanwhile. `word` is one that no other load of the same database has.
    ///
    /// # Errors
    /// An answer was not 2xx, did not come, or is not what it should be; or the run is to end.
    pub(super) fn run(&self, contestant: &Contestant, client: &Client, order: &Order, word: &str, stop: &Stop) -> Result<Outcome> {
        let Order { workload, connections, seconds, seed, rows } = *order;
        let path = match workload {
            Workload::Get | Workload::Post => contestant.path().to_owned(),
            Workload::List => contestant.list_path(),
        };
        let further = match workload {
            Workload::Get => vec![seed.to_string(), self.paths(contestant, rows)?.display().to_string()],
            Workload::List => Vec::new(),
            Workload::Post => vec![word.to_owned(), path.clone()],
        };
        let out = self.folder.join("out");
        let mut wrk = command("wrk");
        // One thread of wrk is enough for what a few cores can answer.
        wrk.args(["--threads", "1", "--timeout", "10s", "--connections", &connections.to_string(), "--duration", &format!("{seconds}s")]);
        wrk.arg("--script").arg(self.script(workload)).arg(format!("{}{path}", client.url)).args(further);
        let before = ticks_of_children()?;
        watch("wrk", wrk, &out, Duration::from_secs(seconds.into()) + GRACE, stop, &mut |sample| match workload {
            Workload::List => client.check_list(contestant),
            Workload::Get | Workload::Post => client.check_user(contestant, (sample * 7919 + seed as usize) % rows),
        })?;
        let said = std::fs::read_to_string(&out)?;
        let result = said.lines().find_map(|line| line.strip_prefix("RESULT ")).with_context(|| format!("wrk said no result:\n{said}"))?;
        let mut outcome: Outcome = serde_json::from_str(result).with_context(|| format!("wrk said {result}"))?;
        // Nobody else has ended meanwhile.
        outcome.ticks = ticks_of_children()?.saturating_sub(before);
        let Outcome { answers, refused, failed, .. } = outcome;
        ensure!(refused == 0 && failed == 0, "{refused} of {answers} answers were no success, and {failed} requests had none");
        ensure!(answers > 0, "nothing was answered");
        Ok(outcome)
    }

    /// The file with the paths of all users; of ten thousand from the first to the last where there are more.
    fn paths(&self, contestant: &Contestant, rows: usize) -> Result<PathBuf> {
        let file = self.folder.join("paths");
        let every = rows.div_ceil(USERS);
        let paths: Vec<String> = (0..rows).step_by(every).map(|number| format!("{}/{}", contestant.path(), id(number))).collect();
        std::fs::write(&file, paths.join("\n"))?;
        Ok(file)
    }
}

/// One load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) workload: Workload,
    pub(super) connections: u32,
    pub(super) seconds: u32,
    /// Which rows are asked for in which order.
    pub(super) seed: u32,
    /// How many users there are.
    pub(super) rows: usize,
}

/// Waits for a load whose output goes to `out`, takes a sample now and then, and ends it when it takes too long or the run is to end.
///
/// # Errors
/// It failed or took too long, a sample was not as it should be, or the run is to end.
pub(super) fn watch(
    name: &str,
    mut load: Command,
    out: &Path,
    most: Duration,
    stop: &Stop,
    sample: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<()> {
    let to = File::create(out)?;
    let errors = to.try_clone()?;
    let mut child = load.stdin(Stdio::null()).stdout(to).stderr(errors).spawn().with_context(|| format!("{name} could not be started"))?;
    let began = Instant::now();
    let mut samples = 0;
    let ended = loop {
        std::thread::sleep(SAMPLE_EVERY);
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break Ok(()),
            Ok(Some(status)) => break Err(anyhow::anyhow!("{name} ended with {status}:\n{}", std::fs::read_to_string(out)?)),
            Ok(None) => {}
            Err(error) => break Err(error.into()),
        }
        samples += 1;
        let going_on = stop.check().and_then(|()| sample(samples)).and_then(|()| match began.elapsed() > most {
            true => bail!("{name} does not end"),
            false => Ok(()),
        });
        if going_on.is_err() {
            break going_on;
        }
    };
    // It has ended, or is not wanted any more.
    let _ = child.kill();
    let _ = child.wait();
    // An interrupt at the terminal ends the load, too: then that is the reason.
    stop.check()?;
    ended
}
