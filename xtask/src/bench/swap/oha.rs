//! oha: a load at a fixed rate, which counts every status and every error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::options::Options;
use crate::bench::load::{GRACE, watch};
use crate::bench::stop::{Stop, command};
use crate::bench::tools::said;
use crate::cargo::Cargo;

/// The version that is measured with: on crates.io, for Rust 1.88 and later.
const VERSION: &str = "1.16.0";

/// oha, installed.
#[derive(Debug)]
pub(super) struct Oha {
    program: PathBuf,
}

/// What oha found in one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Answers {
    /// All with status 200.
    pub(super) answers: u64,
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) max_ms: f64,
}

impl Oha {
    /// Installs it below `target/tools`, unless it is there in this version.
    pub(super) fn install(cargo: &Cargo) -> Result<Self> {
        let root = cargo.root.join("target/tools");
        let oha = Self { program: root.join("bin/oha") };
        if !oha.program.exists() || oha.version()? != format!("oha {VERSION}") {
            let root = root.display().to_string();
            cargo.run(["install", "--locked", "--force", "--root", &root, "--version", VERSION, "oha"])?;
        }
        Ok(oha)
    }

    pub(super) fn version(&self) -> Result<String> {
        said(&self.program.display().to_string(), &["--version"])
    }

    /// Asks for `url` as long and as often as the options say, and takes a sample now and then.
    ///
    /// # Errors
    /// Any answer was not 200, any request had none, a sample was not as it should be, or the run is to end.
    pub(super) fn run(
        &self,
        url: &str,
        options: &Options,
        out: &Path,
        stop: &Stop,
        sample: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Answers> {
        let mut oha = command(&self.program);
        oha.args(["--no-tui", "--output-format", "json", "--redirect", "0", "-t", "10s"]);
        oha.args(["-c", &options.connections.to_string(), "-z", &format!("{}s", options.seconds)]);
        // What is under way at the end is waited for: nothing is left uncounted.
        oha.arg("-w");
        if options.rate > 0 {
            // A request is late from when it was due, not from when a connection was free for it.
            oha.args(["-q", &options.rate.to_string(), "--latency-correction"]);
        }
        oha.arg(url);
        watch("oha", oha, out, Duration::from_secs(options.seconds.into()) + GRACE, stop, sample)?;
        Answers::read(&std::fs::read_to_string(out)?)
    }
}

/// The parts of oha's JSON that count; times in seconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    summary: Summary,
    latency_percentiles: BTreeMap<String, f64>,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    slowest: f64,
    requests_per_sec: f64,
}

impl Answers {
    /// # Errors
    /// It is no result of oha's, or not all of it is 200.
    fn read(text: &str) -> Result<Self> {
        let said: Said = serde_json::from_str(text).with_context(|| format!("oha said no result:\n{text}"))?;
        ensure!(said.error_distribution.is_empty(), "requests had no answer: {:?}", said.error_distribution);
        let others = said.status_code_distribution.iter().any(|(status, _)| status != "200");
        ensure!(!others, "answers were no success: {:?}", said.status_code_distribution);
        let answers = said.status_code_distribution.get("200").copied().unwrap_or_default();
        ensure!(answers > 0, "nothing was answered");
        let percentile = |name: &str| {
            let seconds = said.latency_percentiles.get(name).with_context(|| format!("oha said no {name}"))?;
            Ok::<_, anyhow::Error>(seconds * 1e3)
        };
        Ok(Self {
            answers,
            per_second: said.summary.requests_per_sec,
            p50_ms: percentile("p50")?,
            p99_ms: percentile("p99")?,
            p999_ms: percentile("p99.9")?,
            max_ms: said.summary.slowest * 1e3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(statuses: &str, errors: &str) -> String {
        format!(
            r#"{{"summary": {{"successRate": 1.0, "slowest": 0.02, "requestsPerSec": 50.5}},
                "latencyPercentiles": {{"p50": 0.001, "p99": 0.002, "p99.9": 0.004}},
                "statusCodeDistribution": {statuses}, "errorDistribution": {errors}}}"#
        )
    }

    #[test]
    fn a_result_is_read() {
        let answers = Answers::read(&said(r#"{"200": 101}"#, "{}")).unwrap();
        assert_eq!(answers, Answers { answers: 101, per_second: 50.5, p50_ms: 1.0, p99_ms: 2.0, p999_ms: 4.0, max_ms: 20.0 });
    }

    #[test]
    fn one_request_that_failed_is_enough() {
        for (statuses, errors) in [
            (r#"{"200": 101, "503": 1}"#, "{}"),
            (r#"{"200": 101}"#, r#"{"connection closed before message completed": 1}"#),
            (r#"{"200": 101}"#, r#"{"aborted due to deadline": 1}"#),
            ("{}", "{}"),
        ] {
            assert!(Answers::read(&said(statuses, errors)).is_err(), "{statuses} {errors}");
        }
    }
}
