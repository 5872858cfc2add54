//! As many plugins as are wanted, of one that was built: other digits in its names, of equal length, so that nothing else moves.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// How the names begin that the guest `bench-scale` has, and what they end with.
const NAMES: [&[u8]; 2] = [b"bench-scale-", b"bench_scale_"];
const DIGITS: &[u8] = b"0000";

/// The built guest.
#[derive(Debug)]
pub(super) struct Template {
    bytes: Vec<u8>,
    /// Where the digits stand.
    places: Vec<usize>,
}

impl Template {
    /// # Errors
    /// The file cannot be read, or does not have the names in it: the compiler has put them together from parts.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        Self::of(bytes).with_context(|| file.display().to_string())
    }

    fn of(bytes: Vec<u8>) -> Result<Self> {
        let mut places = Vec::new();
        for name in NAMES {
            let whole = [name, DIGITS].concat();
            let found = bytes.windows(whole.len()).enumerate().filter(|(_, window)| *window == whole);
            let before = places.len();
            places.extend(found.map(|(at, _)| at + name.len()));
            ensure!(places.len() > before, "{} is not in it", String::from_utf8_lossy(&whole));
        }
        Ok(Self { bytes, places })
    }

    /// The component with other digits; no two numbers below 10,000 make the same.
    fn numbered(&self, number: u32) -> Vec<u8> {
        let digits = format!("{number:04}");
        let mut bytes = self.bytes.clone();
        for &place in &self.places {
            bytes[place..place + DIGITS.len()].copy_from_slice(&digits.as_bytes()[..DIGITS.len()]);
        }
        bytes
    }

    /// Writes so many plugins into a folder; answers their files.
    pub(super) fn write(&self, number: u32, folder: &Path) -> Result<Vec<PathBuf>> {
        std::fs::create_dir(folder).with_context(|| folder.display().to_string())?;
        let write = |number| {
            let file = folder.join(format!("bench-scale-{number:04}.wasm"));
            std::fs::write(&file, self.numbered(number)).with_context(|| file.display().to_string())?;
            Ok(file)
        };
        (0..number).map(write).collect()
    }

    /// How large each is, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gets_the_digits() {
        let template = Template::of(b"a bench-scale-0000 bench_scale_0000, bench_scale_0000_x 0000".to_vec()).unwrap();
        assert_eq!(template.numbered(42), b"a bench-scale-0042 bench_scale_0042, bench_scale_0042_x 0000");
        assert!(Template::of(b"bench-scale-0000".to_vec()).is_err());
    }
}
