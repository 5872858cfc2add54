//! The machine and the versions, as a report names them.

use std::fs::{File, read_to_string};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;

use super::statistics::Spread;
use super::tools::said;

/// What a report says of where it was made: a name and a value for each line.
#[derive(Debug, Serialize)]
pub(super) struct Machine(Vec<(&'static str, String)>);

impl Machine {
    /// Looks at it; `folder` is where the databases lie, `programs` what runs there, by name and version.
    pub(super) fn look(folder: &Path, root: &Path, programs: Vec<(&'static str, String)>) -> Result<Self> {
        let mut lines = vec![
            ("processor", processor()?),
            ("memory", memory()?),
            ("system", system()?),
            ("disk", disk(folder)?),
            ("load average before", load_average()?),
            ("rustc", said("rustc", &["--version"])?),
            ("source", source(root)?),
        ];
        lines.extend(programs);
        Ok(Self(lines))
    }

    /// The table in Markdown, to which a report may add lines; `after` is the load average when all was measured.
    pub(super) fn table(&self, after: &str) -> String {
        let mut text = String::from("\n| | |\n|---|---|\n");
        for (name, value) in &self.0 {
            text.push_str(&format!("| {name} | {value} |\n"));
        }
        text.push_str(&format!("| load average after | {after} |\n"));
        text
    }
}

/// What a program says of its version.
pub(super) fn version(program: &Path) -> Result<String> {
    said(&program.display().to_string(), &["--version"])
}

/// How much the machine has to do, in 1, 5 and 15 minutes.
pub(super) fn load_average() -> Result<String> {
    let text = read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(", "))
}

/// Ticks in a second, in which the kernel counts a process's time.
pub(super) fn ticks_per_second() -> Result<u64> {
    said("getconf", &["CLK_TCK"])?.parse().context("getconf CLK_TCK says no number")
}

fn processor() -> Result<String> {
    let info = read_to_string("/proc/cpuinfo")?;
    let of = |name: &str| info.lines().find_map(|line| Some(line.strip_prefix(name)?.split_once(": ")?.1.trim().to_owned()));
    let cores = std::thread::available_parallelism()?;
    let guest =
        if of("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor")) { ", in a virtual machine" } else { "" };
    Ok(format!("{}, {cores} cores{guest}", of("model name").unwrap_or_else(|| "unknown".to_owned())))
}

fn memory() -> Result<String> {
    let info = read_to_string("/proc/meminfo")?;
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(total.map_or_else(|| "unknown".to_owned(), |kib| format!("{} GiB", (kib + (1 << 19)) >> 20)))
}

fn system() -> Result<String> {
    let release = read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("unknown").trim_matches('"').to_owned();
    Ok(format!("{name}, Linux {}", read_to_string("/proc/sys/kernel/osrelease")?.trim()))
}

fn source(root: &Path) -> Result<String> {
    let root = root.display().to_string();
    let commit = said("git", &["-C", &root, "rev-parse", "--short=12", "HEAD"])?;
    let changed = !said("git", &["-C", &root, "status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Ok(format!("commit {commit}{}", if changed { ", with changes" } else { "" }))
}

/// The file system, and how long it takes to get a page onto it: what a durable commit costs at least.
fn disk(folder: &Path) -> Result<String> {
    let kind = said("stat", &["--file-system", "--format", "%T", &folder.display().to_string()])?;
    let path = folder.join("page");
    let mut file = File::create(&path)?;
    let mut micros = Vec::new();
    for _ in 0..100 {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        micros.push(began.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(&path)?;
    let Spread { median, most, .. } = Spread::of(micros).context("it was written")?;
    Ok(format!("{kind}; fdatasync of 4 KiB: median {median:.0} µs, at most {most:.0} µs"))
}
