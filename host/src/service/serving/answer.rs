//! A handler's answer, checked before anything is committed: what cannot be sent must not be kept either.

use std::sync::Arc;

use super::WHOLE_BYTES;
use super::call::{Content, Outcome};
use crate::model::text::printable;
use crate::model::{Problem, Value};
use crate::records::ListQuery;
use crate::runtime::{Answer, AnswerBody};

/// Headers that a handler's answer may have, and bytes of all of them together.
const MOST_HEADERS: (usize, usize) = (64, 16 << 10);

/// Headers that are the host's: of the connection, of the body's form, and what every answer has.
const HOSTS_OWN: [&str; 12] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// What is answered to the client. `later` is the list that the host itself sends, if the answer's body is that.
///
/// # Errors
/// Why it cannot be answered; the promise that the handler broke.
pub(super) fn outcome(answer: Answer, later: Option<Arc<ListQuery>>) -> Result<Outcome, String> {
    let Answer { status, mut headers, body } = answer;
    if !(200..=599).contains(&status) {
        return Err(format!("it answered the status {status}; an answer's status is 200 to 599"));
    }
    require_headers(&headers)?;
    // A path below this server, which the host says as it says its own.
    let is_path = |(name, value): &(String, String)| name == "location" && value.starts_with('/') && !value.starts_with("//");
    let location = headers.iter().position(is_path).map(|index| headers.remove(index).1);
    // Neither may have a body.
    let bodiless = matches!(status, 204 | 304);
    let Some(AnswerBody { media_type, content, about }) = body.filter(|_| !bodiless) else {
        return Ok(Outcome { status, headers, location, ..Outcome::default() });
    };
    if media_type.is_empty() || media_type.len() > 255 || !media_type.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(format!("its answer's media type is {:?}", printable(&media_type, 60)));
    }
    let link = about.list.zip(about.next).map(|(list, next)| format!("{list}?{next}"));
    let (body, later) = match content {
        Some(content) => (Some(Content::Whole(content)), None),
        None => (None, later),
    };
    Ok(Outcome { status, headers, media_type: media_type.into(), body, location: location.or(about.location), link, later })
}

/// What a reason or a member of a problem takes without its text: the words around it in JSON.
const ITEM_BYTES: usize = 64;

/// A handler's problem, if it can be sent: it is written anew as JSON, once for each client that is being answered.
///
/// # Errors
/// As [`outcome`].
pub(super) fn require_small(problem: &Problem) -> Result<(), String> {
    let reasons = problem.errors.iter().map(|reason| ITEM_BYTES + reason.at.len() + reason.code.len() + reason.detail.len());
    let members = problem.members.iter().map(|(key, value)| ITEM_BYTES + key.len() + text_length(value));
    let bytes = problem.code.len() + problem.detail.len() + reasons.chain(members).sum::<usize>();
    if bytes <= WHOLE_BYTES {
        return Ok(());
    }
    Err(format!("its problem has {bytes} bytes; at most {WHOLE_BYTES} are sent"))
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Real(_) => 0,
    }
}

fn require_headers(headers: &[(String, String)]) -> Result<(), String> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > MOST_HEADERS.0 || bytes > MOST_HEADERS.1 {
        return Err(format!(
            "its answer has {} headers of {bytes} bytes; at most {} of {} are sent",
            headers.len(),
            MOST_HEADERS.0,
            MOST_HEADERS.1
        ));
    }
    let is_token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    for (name, value) in headers {
        let quoted = || printable(name, 60);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("its answer has a header {:?}; names are lower case, of letters, digits and -", quoted()));
        }
        if HOSTS_OWN.contains(&name.as_str()) {
            return Err(format!("its answer has the header {}, which is the host's own", quoted()));
        }
        if !value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f)) {
            return Err(format!("the value of its answer's header {} has control characters", quoted()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::About;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = AnswerBody { media_type: "application/json".into(), content: Some("{}".into()), about: About::default() };
        Answer { status, headers, body: Some(body) }
    }

    #[test]
    fn what_cannot_be_sent_is_a_broken_promise() {
        for (status, name, value, said) in [
            (100, "a", "b", "status 100"),
            (600, "a", "b", "status 600"),
            (200, "A", "b", "lower case"),
            (200, "", "b", "lower case"),
            (200, "a b", "c", "lower case"),
            (200, "content-length", "5", "the host's own"),
            (200, "transfer-encoding", "chunked", "the host's own"),
            (200, "a", "b\r\nset-cookie: c", "control characters"),
        ] {
            let refused = outcome(answer(status, &[(name, value)]), None).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
        let many = vec![("a", "b"); 65];
        assert!(outcome(answer(200, &many), None).unwrap_err().contains("65 headers"));
        let long = "x".repeat(17 << 10);
        assert!(outcome(answer(200, &[("a", &long)]), None).is_err());
    }

    #[test]
    fn a_location_below_this_server_is_the_hosts_to_complete() {
        let of = |value: &str| outcome(answer(201, &[("location", value), ("a", "b")]), None).map(|it| (it.location, it.headers.len()));
        assert_eq!(of("/api/v1/orders/1"), Ok((Some("/api/v1/orders/1".to_owned()), 1)));
        for elsewhere in ["https://example.org/1", "//example.org/1", "1"] {
            assert_eq!(of(elsewhere), Ok((None, 2)), "{elsewhere}");
        }
    }

    #[test]
    fn a_bodiless_status_has_no_body() {
        assert!(outcome(answer(204, &[("a", "b")]), None).unwrap().body.is_none());
    }
}
