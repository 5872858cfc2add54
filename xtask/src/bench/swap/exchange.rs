//! A plugin's file that is replaced again and again, by the same component with other bytes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::bench::check::Client;
use crate::bench::stop::Stop;

/// How often `/health` is asked which code is served; in quiet times too, so that the load is the same.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long it may take until a file is served.
const PATIENCE: Duration = Duration::from_secs(30);

/// The name of the section that makes the bytes others. Who reads a component passes over what it does not know.
const SECTION: &str = "tenon-bench";

/// Whether the file is replaced in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Quiet,
    Swaps,
}

/// Replaces the shop's file.
#[derive(Debug)]
pub(super) struct Exchanger {
    /// The component as it was built.
    component: Vec<u8>,
    /// The plugin's file in the folder that is served.
    file: PathBuf,
    /// How many there were so far: no two have the same bytes.
    number: u32,
}

impl Exchanger {
    /// # Errors
    /// The file cannot be read.
    pub(super) fn new(file: PathBuf) -> Result<Self> {
        let component = std::fs::read(&file).with_context(|| file.display().to_string())?;
        Ok(Self { component, file, number: 0 })
    }

    /// How large the component is, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.component.len()
    }

    /// Replaces the file until `over`, or only looks what is served; answers the seconds from each rename until the new code was served.
    /// An exchange that would not be over in time is not begun, so that all of each is under load.
    ///
    /// # Errors
    /// What was put there is not served.
    pub(super) fn work(&mut self, client: &Client, time: Time, length: Duration, over: &AtomicBool, stop: &Stop) -> Result<Vec<f64>> {
        let began = Instant::now();
        let mut took: Vec<f64> = Vec::new();
        // Twice as long as any: of the first it is guessed.
        let enough = |took: &[f64]| Duration::from_secs_f64(2.0 * took.iter().copied().fold(1.0, f64::max));
        while !over.load(Ordering::Relaxed) {
            stop.check()?;
            if time == Time::Swaps && began.elapsed() + enough(&took) < length {
                let seconds = self.exchange(client, stop)?;
                // One that the load did not see to its end does not count.
                if !over.load(Ordering::Relaxed) {
                    took.push(seconds);
                }
            } else {
                std::thread::sleep(LOOK_EVERY);
                served(client)?;
            }
        }
        Ok(took)
    }

    /// Replaces the file once, and waits until it is served.
    fn exchange(&mut self, client: &Client, stop: &Stop) -> Result<f64> {
        self.number += 1;
        let bytes = with_section(&self.component, &self.number.to_le_bytes());
        let hash = short_hash(&bytes);
        let beside = self.file.with_file_name(".shop.part");
        std::fs::write(&beside, bytes).with_context(|| beside.display().to_string())?;
        let began = Instant::now();
        std::fs::rename(&beside, &self.file).with_context(|| self.file.display().to_string())?;
        while served(client)? != hash {
            stop.check()?;
            ensure!(began.elapsed() < PATIENCE, "the shop's file number {} ({hash}) is not served", self.number);
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(began.elapsed().as_secs_f64())
    }
}

/// The hash of the shop's code that is served, in 12 digits.
fn served(client: &Client) -> Result<String> {
    let (status, text) = client.get("/health")?;
    let health: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
    ensure!(status == 200 && health["status"] == "healthy", "/health answered {status}: {text}");
    Ok(health["plugins"]["shop"]["component"].as_str().with_context(|| text.clone())?.to_owned())
}

/// A component with a custom section at its end.
fn with_section(component: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = 1 + SECTION.len() + payload.len();
    // LEB128 has seven bits in a byte, and this is one byte.
    debug_assert!(length < 0x80, "the section is short");
    [component, &[0, length as u8, SECTION.len() as u8], SECTION.as_bytes(), payload].concat()
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_with_a_section_is_one() {
        // The smallest component there is.
        let component = b"\0asm\x0d\0\x01\0";
        let bytes = with_section(component, &7u32.to_le_bytes());
        let sections: Vec<_> = wasmparser::Parser::new(0).parse_all(&bytes).map(Result::unwrap).collect();
        let is_ours = |payload: &wasmparser::Payload<'_>| match payload {
            wasmparser::Payload::CustomSection(section) => section.name() == SECTION && section.data() == [7, 0, 0, 0],
            _ => false,
        };
        assert_eq!(sections.iter().filter(|payload| is_ours(payload)).count(), 1);
    }

    #[test]
    fn a_hash_is_written_as_the_host_writes_it() {
        assert_eq!(short_hash(b""), "e3b0c44298fc");
    }
}
