//! Who a plugin is, and whether the host will take it for that: checked while compiling.

/// Who a plugin is; taken from its `Cargo.toml` where `plugin!` is told nothing else. An empty text is not told to the host.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// `[a-z][a-z0-9-]*`.
    pub name: &'static str,
    /// Semver.
    pub version: &'static str,
    /// One line for a person.
    pub description: &'static str,
    /// Where to read more.
    pub homepage: &'static str,
    /// SPDX expression.
    pub license: &'static str,
}

impl Identity {
    /// Stops the compiler where the host would refuse the plugin. `track_caller`, here and on the way here, lets it point at the
    /// author's own line alone.
    #[track_caller]
    pub const fn require(&self) {
        assert!(
            is_name(self.name),
            "a plugin's name is a lower-case letter, then letters, digits and hyphens, at most 63: write plugin!(.., name = \"my-plugin\")"
        );
        assert!(is_version(self.version), "a plugin's version is a semantic one: write plugin!(.., version = \"1.0.0\")");
        assert!(is_line(self.description), "a plugin's description is one line: write plugin!(.., description = \"One line.\")");
        assert!(is_line(self.homepage), "a plugin's homepage is one line: write plugin!(.., homepage = \"https://..\")");
        assert!(is_line(self.license), "a plugin's license is one line: write plugin!(.., license = \"MIT\")");
    }
}

/// Whether no character is a control character. Those that turn the direction of writing are left to the host.
const fn is_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i].is_ascii_control() {
            return false;
        }
        i += 1;
    }
    true
}

/// `[a-z][a-z0-9-]*`, at most 63 characters.
const fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let good = bytes[i].is_ascii_lowercase() || (i > 0 && (bytes[i].is_ascii_digit() || bytes[i] == b'-'));
        if !good {
            return false;
        }
        i += 1;
    }
    1 <= i && i <= 63
}

/// `1.2.3`, `1.2.3-rc.1`, `1.2.3+build.7`.
///
/// # Source
/// Semantic Versioning 2.0.0, and the crate `semver`, whose numbers have 64 bits.
const fn is_version(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut i, mut part) = (0, 0);
    while part < 3 {
        let end = digits(bytes, i);
        if !is_number(bytes, i, end) || (part < 2 && (end == bytes.len() || bytes[end] != b'.')) {
            return false;
        }
        i = if part < 2 { end + 1 } else { end };
        part += 1;
    }
    if i < bytes.len() && bytes[i] == b'-' {
        // Here a number has no zero before it.
        match identifiers(bytes, i + 1, false) {
            Some(end) => i = end,
            None => return false,
        }
    }
    if i < bytes.len() && bytes[i] == b'+' {
        match identifiers(bytes, i + 1, true) {
            Some(end) => i = end,
            None => return false,
        }
    }
    i == bytes.len()
}

/// Where the digits end that begin at `i`.
const fn digits(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() && bytes[i].is_ascii_digit() {
        i += 1;
    }
    i
}

/// Where identifiers with dots between them end; none if one of them is empty or, unless `zeros`, a number with a zero before it.
const fn identifiers(bytes: &[u8], mut i: usize, zeros: bool) -> Option<usize> {
    loop {
        let (start, mut digits) = (i, true);
        while i < bytes.len() && (bytes[i].is_ascii_alphanumeric() || bytes[i] == b'-') {
            digits = digits && bytes[i].is_ascii_digit();
            i += 1;
        }
        if i == start || (!zeros && digits && i - start > 1 && bytes[start] == b'0') {
            return None;
        }
        if i == bytes.len() || bytes[i] != b'.' {
            return Some(i);
        }
        i += 1;
    }
}

/// A number of 64 bits without a zero before it.
const fn is_number(bytes: &[u8], start: usize, end: usize) -> bool {
    if start == end || (end - start > 1 && bytes[start] == b'0') {
        return false;
    }
    let (mut i, mut number) = (start, 0u64);
    while i < end {
        let Some(tens) = number.checked_mul(10) else { return false };
        let Some(sum) = tens.checked_add((bytes[i] - b'0') as u64) else { return false };
        number = sum;
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_those_of_the_host() {
        for line in include_str!("../tests/names.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.splitn(3, ' ');
            let (kind, good, text) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            let text: String = serde_json::from_str(text).unwrap();
            let accepted = match kind {
                "plugin" => is_name(&text),
                "version" => is_version(&text),
                _ => continue,
            };
            assert_eq!(accepted, good == "good", "{kind} {text:?}");
        }
    }
}
