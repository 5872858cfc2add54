//! `YYYYMMDD_HHMM_<id>_<slug>.rs`: what the name of a revision's file says.

use crate::date;

/// A file name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    /// RFC 3339.
    pub(super) created: String,
    pub(super) id: String,
}

/// Takes a file name apart, or says how to name the file.
pub(super) fn parse(name: &str) -> Result<FileName, String> {
    let shape = "name it YYYYMMDD_HHMM_<id>_<slug>.rs, e.g. 20251024_1500_a1b2c3d4e5f6_initial_tables.rs";
    let wrong = |why: &str| format!("migrations/{name}: {why}; {shape}");
    let stem = name.strip_suffix(".rs").ok_or_else(|| wrong("is no Rust file"))?;
    let parts: Vec<&str> = stem.splitn(4, '_').collect();
    let [date, time, id, slug] = parts[..] else { return Err(wrong("is not the name of a revision")) };
    let created = date::of_file_name(date, time).ok_or_else(|| wrong(&format!("{date}_{time} is no date and time")))?;
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
            "20251024_1500__x.rs",
            "20251024_1500_a-1_x.rs",
            "20251024_1500_a1_é.rs",
        ] {
            assert!(parse(bad).unwrap_err().contains("name it YYYYMMDD_HHMM_<id>_<slug>.rs"), "{bad}");
        }
    }
}
