//! Values, attributes and problems, between the contract's shapes and the model's.

use crate::model::text::printable;
use crate::model::{Attribute, Place, Problem, Reason, Value};
use crate::runtime::bindings::tenon::plugin::types as wit;
use crate::runtime::limits::LINE_BYTES;

impl From<wit::Value> for Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Null => Self::Null,
            wit::Value::Boolean(value) => Self::Boolean(value),
            wit::Value::Integer(value) => Self::Integer(value),
            wit::Value::Real(value) => Self::Real(value),
            wit::Value::Text(value) => Self::Text(value),
            wit::Value::Bytes(value) => Self::Bytes(value),
        }
    }
}

impl From<Value> for wit::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value),
            Value::Bytes(value) => Self::Bytes(value),
        }
    }
}

/// A list, element by element.
pub(super) fn values(list: Vec<wit::Value>) -> Vec<Value> {
    list.into_iter().map(Value::from).collect()
}

/// A list, element by element.
pub(super) fn attributes(list: Vec<wit::Attribute>) -> Vec<Attribute> {
    list.into_iter().map(|attribute| Attribute { key: attribute.key, value: attribute.value.into() }).collect()
}

/// A problem for the guest.
impl From<Problem> for wit::Problem {
    fn from(problem: Problem) -> Self {
        let place = |place| match place {
            Place::Body => "body",
            Place::Query => "query",
            Place::Path => "path",
            Place::Header => "header",
        };
        Self {
            status: problem.status,
            code: problem.code,
            detail: problem.detail,
            errors: problem
                .errors
                .into_iter()
                .map(|reason| wit::Reason {
                    place: place(reason.place).to_owned(),
                    at: reason.at,
                    code: reason.code,
                    detail: reason.detail,
                })
                .collect(),
            members: problem.members.into_iter().map(|(key, value)| wit::Attribute { key, value: value.into() }).collect(),
        }
    }
}

/// A problem from the guest for a client, with a status that is one. Its text is as it is: one of the host's that a guest passes on is the
/// same for the client as without it, and JSON escapes what would steer a terminal.
pub(in crate::runtime) fn problem_from_guest(problem: wit::Problem) -> Problem {
    Problem {
        status: if (400..=599).contains(&problem.status) { problem.status } else { 500 },
        code: problem.code,
        detail: problem.detail,
        errors: problem
            .errors
            .into_iter()
            .map(|reason| Reason {
                place: match reason.place.as_str() {
                    "query" => Place::Query,
                    "path" => Place::Path,
                    "header" => Place::Header,
                    _ => Place::Body,
                },
                at: reason.at,
                code: reason.code,
                detail: reason.detail,
            })
            .collect(),
        members: problem.members.into_iter().map(|member| (member.key, member.value.into())).collect(),
    }
}

/// A problem from the guest for a person at a terminal: printable, besides.
pub(in crate::runtime) fn printable_problem_from_guest(problem: wit::Problem) -> Problem {
    let text = |text: &mut String| *text = printable(text, LINE_BYTES);
    let mut problem = problem_from_guest(problem);
    text(&mut problem.code);
    text(&mut problem.detail);
    for reason in &mut problem.errors {
        text(&mut reason.at);
        text(&mut reason.code);
        text(&mut reason.detail);
    }
    problem.members.iter_mut().for_each(|(key, _)| text(key));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_way_through_a_guest() {
        let problem = Problem::new(409, "conflict", "already there")
            .with_errors(vec![Reason { place: Place::Query, at: "id".into(), code: "unique".into(), detail: "taken".into() }])
            .with_member("constraint", "unique");
        assert_eq!(problem_from_guest(problem.clone().into()), problem);
        let odd = Problem::new(422, "x", "a\u{1b}[2J\n".repeat(5_000));
        let odd = odd.with_errors(vec![Reason { place: Place::Body, at: "/\u{202e}\0".into(), code: "x".into(), detail: "\n".into() }]);
        assert_eq!(problem_from_guest(odd.clone().into()), odd);
    }

    #[test]
    fn a_status_that_is_none_becomes_500_and_text_for_a_terminal_is_made_printable() {
        for status in [0, 200, 399, 600, u16::MAX] {
            let problem = || Problem::new(status, "x", "a\u{1b}[2J").into();
            assert_eq!(problem_from_guest(problem()).status, 500);
            assert_eq!(printable_problem_from_guest(problem()).detail, "a\\u{1b}[2J");
        }
    }
}
