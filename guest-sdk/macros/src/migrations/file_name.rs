//! `YYYYMMDD_HHMM_<id>_<slug>.rs`: what the name of a revision's file says.

use crate::{date, name};

/// A file name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    /// RFC 3339.
    pub(super) created: String,
    pub(super) id: String,
}

/// Whether a name begins as that of a revision does: a date and a time.
pub(super) fn begins_like_one(name: &str) -> bool {
    let digits = |text: Option<&str>, length| text.is_some_and(|text| text.len() == length && text.bytes().all(|b| b.is_ascii_digit()));
    let mut parts = name.split('_');
    digits(parts.next(), 8) && digits(parts.next(), 4)
}

/// Takes a file name apart, or says how to name the file.
pub(super) fn parse(file: &str) -> Result<FileName, String> {
    let shape = "name it YYYYMMDD_HHMM_<id>_<slug>.rs, e.g. 20251024_1500_a1b2c3d4e5f6_initial_tables.rs";
    let wrong = |why: &str| format!("{why}; {shape}");
    let stem = file.strip_suffix(".rs").ok_or_else(|| wrong("is no Rust file"))?;
    let parts: Vec<&str> = stem.splitn(4, '_').collect();
    let [date, time, id, slug] = parts[..] else { return Err(wrong("is not the name of a revision")) };
    let created = date::of_file_name(date, time).ok_or_else(|| wrong(&format!("{date}_{time} is no date and time")))?;
    if !date::is_after_1970(&created) {
        return Err(wrong(&format!("{date} is before 1970, where the clock of a revision begins")));
    }
    if name::is_target_word(id) {
        return Err(wrong(&format!("{id:?} means another thing where a target is written, so it is no id")));
    }
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) || id.len() > 64 {
        return Err(wrong(&format!("{id:?} is no id of letters and digits")));
    }
    if slug.is_empty() || !slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(wrong(&format!("{slug:?} is no slug of letters, digits and underscores")));
    }
    Ok(FileName { created, id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_id_and_moment() {
        let name = parse("20251024_1500_a1b2c3d4e5f6_initial_custom_tables.rs").unwrap();
        assert_eq!(name, FileName { created: "2025-10-24T15:00:00Z".into(), id: "a1b2c3d4e5f6".into() });
    }

    #[test]
    fn another_name_is_refused_with_the_right_shape() {
        for bad in [
            "helpers.rs",
            "20251024_1500_a1.rs",
            "20251324_1500_a1_x.rs",
            "19691231_2359_a1_x.rs",
            "20251024_1500_head_x.rs",
            "20251024_1500_heads_x.rs",
            "20251024_1500_base_x.rs",
            "20251024_1500__x.rs",
            "20251024_1500_a-1_x.rs",
            "20251024_1500_a1_é.rs",
        ] {
            assert!(parse(bad).unwrap_err().contains("name it YYYYMMDD_HHMM_<id>_<slug>.rs"), "{bad}");
        }
    }
}
