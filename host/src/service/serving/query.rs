//! Parameters of a handler's own, beside those that the record engine knows.

use percent_encoding::percent_decode_str;

/// The query string without these parameters.
pub(super) fn without(query: &str, own: &[String]) -> String {
    if own.is_empty() { query.to_owned() } else { joined(query, |name| !own.iter().any(|known| *known == name)) }
}

/// The query string of a list's next part, with the handler's own parameters as they were given.
pub(super) fn with(next: String, query: &str, own: &[String]) -> String {
    let given = joined(query, |name| own.iter().any(|known| *known == name));
    if given.is_empty() { next } else { format!("{next}&{given}") }
}

fn joined(query: &str, keep: impl Fn(&str) -> bool) -> String {
    let name = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
        percent_decode_str(&name).decode_utf8_lossy().into_owned()
    };
    query.split('&').filter(|pair| !pair.is_empty() && keep(&name(pair))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_parameters_go_and_come_back_in_any_spelling() {
        let own = ["deep".to_owned()];
        let query = "limit=5&%64eep=true&name=a&deep";
        assert_eq!(without(query, &own), "limit=5&name=a");
        assert_eq!(with("cursor=x".into(), query, &own), "cursor=x&%64eep=true&deep");
        assert_eq!(with("cursor=x".into(), "limit=5", &own), "cursor=x");
        assert_eq!(without("a=1&&b", &[]), "a=1&&b");
    }
}
