//! What a handler was told of its own statements: that they are no SQL, or that it lacks a right for them. It holds the statement's text and
//! names of tables, so it is for the plugin's author and the operator to read, and for no client.

use crate::model::{Problem, Value};

/// So many are known by their words; once there are more, any problem with their codes is taken for one.
const MOST: usize = 32;

/// Bytes of each that are kept: enough to know it again.
const BYTES: usize = 512;

/// What a handler was told of its own statements in one call.
#[derive(Debug, Default)]
pub(super) struct Told {
    details: Vec<String>,
    /// Some were not kept.
    more: bool,
}

impl Told {
    /// Takes a problem into account that the handler is about to hear.
    pub(super) fn hear(&mut self, problem: &Problem) {
        if !is_of_statement(problem) {
            return;
        }
        let detail = &problem.detail[..problem.detail.floor_char_boundary(BYTES)];
        if self.details.len() == MOST {
            self.more = true;
        } else if !detail.is_empty() && !self.details.iter().any(|known| known == detail) {
            self.details.push(detail.to_owned());
        }
    }

    /// Whether a problem says any of it, by itself or among other words.
    pub(super) fn is_in(&self, problem: &Problem) -> bool {
        if self.details.is_empty() {
            return false;
        }
        let reasons = problem.errors.iter().flat_map(|reason| [&reason.at, &reason.detail]);
        let members = problem.members.iter().filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text),
            _ => None,
        });
        let is_told = |text: &String| self.details.iter().any(|detail| text.contains(detail));
        (self.more && is_of_statement(problem)) || [&problem.detail].into_iter().chain(reasons).chain(members).any(is_told)
    }
}

fn is_of_statement(problem: &Problem) -> bool {
    matches!(problem.code.as_str(), "sql" | "not-granted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Place, Reason};

    fn sql(detail: &str) -> Problem {
        Problem::new(400, "sql", detail)
    }

    #[test]
    fn every_one_is_known_again_whatever_stands_around_it() {
        let mut told = Told::default();
        let long = "x".repeat(10_000);
        for detail in ["no such column: a\nb", "near \"FROM\"", &long, ""] {
            told.hear(&sql(detail));
        }
        told.hear(&Problem::new(409, "constraint", "a value is missing"));
        for detail in ["no such column: a\nb", "it failed: near \"FROM\" (sql)", &long] {
            assert!(told.is_in(&Problem::new(500, "mine", detail)), "{detail}");
        }
        for detail in ["a value is missing", "no such column", ""] {
            assert!(!told.is_in(&sql(detail)), "{detail}");
        }
        let mine = || Problem::new(422, "mine", "it does not fit");
        assert!(told.is_in(&mine().with_member("why", "near \"FROM\"")));
        let reason = Reason { place: Place::Body, at: "/a".into(), code: "b".into(), detail: "near \"FROM\", said it".into() };
        assert!(told.is_in(&Problem { errors: vec![reason], ..mine() }));
        assert!(!told.is_in(&mine()));
    }

    #[test]
    fn of_very_many_the_code_is_enough() {
        let mut told = Told::default();
        (0..1_000).for_each(|number| told.hear(&sql(&format!("no such column: {number}"))));
        assert!(told.details.len() == MOST && told.is_in(&sql("no such column: 999")));
        assert!(!told.is_in(&Problem::new(409, "mine", "it is there already")));
    }
}
