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

/// A problem from the guest: printable, and with a status that is one.
pub(in crate::runtime) fn problem_from_guest(problem: wit::Problem) -> Problem {
    let text = |text: &str| printable(text, LINE_BYTES);
    Problem {
        status: if (400..=599).contains(&problem.status) { problem.status } else { 500 },
        code: text(&problem.code),
        detail: text(&problem.detail),
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
                at: text(&reason.at),
                code: text(&reason.code),
                detail: text(&reason.detail),
            })
            .collect(),
        members: problem.members.into_iter().map(|member| (text(&member.key), member.value.into())).collect(),
    }
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
    }

    #[test]
    fn a_status_that_is_none_becomes_500_and_text_is_made_printable() {
        for status in [0, 200, 399, 600, u16::MAX] {
            let problem = problem_from_guest(Problem::new(status, "x", "a\u{1b}[2J").into());
            assert_eq!((problem.status, problem.detail.as_str()), (500, "a\\u{1b}[2J"));
        }
    }
}
