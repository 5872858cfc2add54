//! What a run aims at, and whether it was met.

/// One aim, in a report.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) aim: String,
    pub(super) found: String,
    pub(super) met: bool,
}

/// The table in Markdown: what is missed first, the rest in its order.
pub(super) fn table(mut verdicts: Vec<Verdict>) -> String {
    verdicts.sort_by_key(|verdict| verdict.met);
    let mut text = String::from("| aim | found | |\n|---|---|---|\n");
    for Verdict { aim, found, met } in &verdicts {
        text.push_str(&format!("| {aim} | {found} | {} |\n", if *met { "met" } else { "**missed**" }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_stands_first() {
        let verdict = |aim: &str, met| Verdict { aim: aim.to_owned(), found: "1".to_owned(), met };
        let table = table(vec![verdict("a", true), verdict("b", false), verdict("c", true)]);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(lines, ["| b | 1 | **missed** |", "| a | 1 | met |", "| c | 1 | met |"]);
    }
}
