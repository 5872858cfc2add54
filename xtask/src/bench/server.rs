//! One server as a process that ends with this.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that listens.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    name: String,
    log: PathBuf,
}

/// What a process has used by now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// Processor time, in the kernel's ticks.
    ticks: u64,
    /// The most memory that it had.
    pub(super) peak_kib: u64,
}

impl Server {
    /// Starts a server that says `listening on URL` on standard output. What it says otherwise goes to `log`.
    ///
    /// # Errors
    /// It ended instead; the error has the end of its log.
    pub(super) fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let to = File::create(log).with_context(|| log.display().to_string())?;
        let mut child = command.stdout(Stdio::piped()).stderr(to).spawn().with_context(|| format!("{name} could not be started"))?;
        let out = child.stdout.take().context("it is piped")?;
        let mut server = Self { child, url: String::new(), name: name.to_owned(), log: log.to_owned() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).with_context(|| format!("{name} says nothing"))?;
        match line.trim_end().strip_prefix("listening on ") {
            Some(url) => url.clone_into(&mut server.url),
            None => bail!("{name} did not start: {line}{}", end_of(log)),
        }
        Ok(server)
    }

    /// Starts a server that is told its address, and does not wait for it. What it says goes to `log`.
    pub(super) fn launch(name: &str, mut command: Command, url: String, log: &Path) -> Result<Self> {
        let to = File::create(log).with_context(|| log.display().to_string())?;
        let child = command.stdout(Stdio::null()).stderr(to).spawn().with_context(|| format!("{name} could not be started"))?;
        Ok(Self { child, url, name: name.to_owned(), log: log.to_owned() })
    }

    /// Starts a server that is told its address, and waits until it answers there.
    pub(super) fn start_at(name: &str, mut command: Command, url: String, log: &Path) -> Result<Self> {
        let to = || File::create(log).with_context(|| log.display().to_string());
        let child = command.stdout(to()?).stderr(Stdio::null()).spawn().with_context(|| format!("{name} could not be started"))?;
        let mut server = Self { child, url, name: name.to_owned(), log: log.to_owned() };
        let address = server.url.trim_start_matches("http://").to_owned();
        let began = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            if server.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("{name} did not start: {}", end_of(log));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// The end of its log, for whoever was not answered well.
    pub(super) fn said(&self) -> String {
        format!("the end of {}'s log is\n{}\n", self.name, end_of(&self.log))
    }

    /// Its process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// It has ended; the error has the end of its log.
    pub(super) fn require_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}: {}", self.name, end_of(&self.log)),
        }
    }

    /// What it has used by now.
    pub(super) fn used(&self) -> Result<Used> {
        let gone = || format!("{} is gone", self.name);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).with_context(gone)?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).with_context(gone)?;
        Ok(Used { ticks: ticks(&stat, OWN).with_context(gone)?, peak_kib: peak_kib(&status).with_context(gone)? })
    }

    /// Has it do nothing until it is told to go on.
    ///
    /// # Errors
    /// It has ended.
    pub(super) fn pause(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Has it go on.
    ///
    /// # Errors
    /// It has ended.
    pub(super) fn go_on(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<()> {
        let told = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().context("kill could not be started")?;
        ensure!(told.success(), "{} ended before it was asked to", self.name);
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not, or it failed.
    pub(super) fn stop(mut self) -> Result<()> {
        self.signal("TERM")?;
        let began = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) => {
                    ensure!(status.success(), "{} ended with {status}", self.name);
                    return Ok(());
                }
                None if began.elapsed() > PATIENCE => bail!("{} does not end", self.name),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then it has said why.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Used {
    /// Processor time since then, in ticks.
    pub(super) fn ticks_since(&self, before: &Self) -> u64 {
        self.ticks.saturating_sub(before.ticks)
    }
}

/// Processor time of all processes that we started and that have ended, in ticks.
pub(super) fn ticks_of_children() -> Result<u64> {
    ticks(&std::fs::read_to_string("/proc/self/stat")?, OF_CHILDREN).context("/proc/self/stat cannot be read")
}

/// Where in `/proc/PID/stat` the time in user mode stands, that in system mode behind it: the process's own, and that of its children that
/// ended. Counted from what follows the name.
const OWN: usize = 11;
const OF_CHILDREN: usize = 13;

/// Both times together. The second field is a name in brackets, which may hold anything.
fn ticks(stat: &str, place: usize) -> Option<u64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(place);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// What a log says at its end.
fn end_of(log: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(log) {
        // Lines of 1 KiB are long ones.
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(16 << 10)));
        let _ = file.read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_read() {
        let stat = "23443 (a b) c) S 1 23425 10800 0 -1 4194304 2461 0 0 0 7 2 5 6 20 0 7 0 1176432 1325330432";
        assert_eq!((ticks(stat, OWN), ticks(stat, OF_CHILDREN)), (Some(9), Some(11)));
        assert_eq!(ticks("nothing", OWN), None);
        assert_eq!(peak_kib("Name:\tx\nVmHWM:\t    7195 kB\nVmRSS:\t 1 kB\n"), Some(7195));
    }
}
