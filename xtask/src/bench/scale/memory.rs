//! How much memory a process has, as the kernel counts it.

use std::fs::read_to_string;

use anyhow::{Context, Result};
use serde::Serialize;

/// What it has at one moment, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Memory {
    /// What is there of it: VmRSS.
    pub(super) resident_kib: u64,
    /// Of this, what no file is behind, so that it has to stay: RssAnon.
    pub(super) anonymous_kib: u64,
    /// What is there, pages that others have too divided among all: PSS.
    pub(super) proportional_kib: u64,
}

impl Memory {
    /// # Errors
    /// The process is gone.
    pub(super) fn of(process: u32) -> Result<Self> {
        let read = |file: &str| read_to_string(format!("/proc/{process}/{file}")).with_context(|| format!("the server's {file}"));
        Self::read(&read("status")?, &read("smaps_rollup")?).context("the kernel does not say how much memory the server has")
    }

    fn read(status: &str, rollup: &str) -> Option<Self> {
        let kib = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self { resident_kib: kib(status, "VmRSS:")?, anonymous_kib: kib(status, "RssAnon:")?, proportional_kib: kib(rollup, "Pss:")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let status = "VmHWM:\t   11 kB\nVmRSS:\t    7195 kB\nRssAnon:\t    5000 kB\nRssFile:\t 2195 kB\n";
        let rollup = "5566-7ffd ---p 00000000 00:00 0 [rollup]\nRss:  7195 kB\nPss:  6100 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(Memory::read(status, rollup), Some(Memory { resident_kib: 7195, anonymous_kib: 5000, proportional_kib: 6100 }));
        assert_eq!(Memory::read(status, ""), None);
    }
}
