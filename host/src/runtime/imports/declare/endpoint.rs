//! What the plugin answers itself: handled operations, routes, and what is said of both. Whether they fit the collections and each other
//! is asked when all is known, by the manifest.

use crate::model::manifest::{Answer, Details, Handled, Method, Parameter, ParameterPlace, Route};
use crate::model::text::is_harmful;
use crate::model::{Attribute, AttributeReader, JsonSchema, Mistake};
use crate::runtime::mistakes::{Mistakes, quoted};

use super::{is_word, line, one_line};

/// `declare.handles`.
pub(super) fn handled(operation: &str, given: &[Attribute], mistakes: &mut Mistakes) -> Option<Handled> {
    let subject = format!("handled operation {}", quoted(operation));
    let mut reader = AttributeReader::new(&subject, given);
    let details = details(&subject, &mut reader, mistakes);
    mistakes.take(reader.finish());
    let Some((collection, verb)) = operation.rsplit_once('.') else {
        mistakes.note(&subject, "write it as collection.operation, e.g. orders.create");
        return None;
    };
    let operation = mistakes.parse(&subject, verb)?;
    Some(Handled { collection: collection.to_owned(), operation, details })
}

/// `declare.route`.
pub(super) fn route(name: String, method: &str, path: &str, given: &[Attribute], mistakes: &mut Mistakes) -> Option<Route> {
    let subject = format!("route {}", quoted(&name));
    if name.starts_with('$') {
        mistakes.note(&subject, "names that begin with `$` are kept for what later hosts deliver");
    } else if !is_word(&name) {
        mistakes.note(&subject, "use letters, digits, `-`, `_`, `.` for its name, at most 63");
    }
    let method: Option<Method> = mistakes.parse(&subject, method);
    let mut reader = AttributeReader::new(&subject, given);
    let writes = mistakes.take(reader.flag_or("writes", method != Some(Method::Get))).unwrap_or_default();
    let details = details(&subject, &mut reader, mistakes);
    mistakes.take(reader.finish());
    // Written in the contract's examples with a slash before; kept without.
    let path = path.strip_prefix('/').unwrap_or(path).to_owned();
    Some(Route { name, method: method?, path, writes, details })
}

fn details(subject: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Details {
    let summary = line(reader, "summary", mistakes);
    let description = mistakes.take(reader.text("description")).flatten().map(str::to_owned);
    if let Some(description) = &description {
        mistakes.take(readable(subject, "description", description));
    }
    let mut schema = |key, reader: &mut AttributeReader<'_>| {
        let text = mistakes.take(reader.text(key)).flatten()?;
        mistakes.take(JsonSchema::parse(text).map_err(|reason| Mistake::new(subject, format!("`{key}` {reason}"))))
    };
    let request_schema = schema("request-schema", reader);
    let response_schema = schema("response-schema", reader);
    let request_media_type = mistakes.take(reader.text("request-media-type")).flatten().map(str::to_owned);
    if let Some(media_type) = request_media_type.as_deref().filter(|text| !is_media_type(text)) {
        mistakes.note(
            subject,
            format!("`request-media-type` {media_type:?} is none; write it in lower case and without parameters, e.g. text/csv"),
        );
    }
    let status = mistakes.take(reader.count("status")).flatten();
    let is_success = |status: &u64| (200..=299).contains(status);
    if let Some(status) = status.filter(|status| !is_success(status)) {
        mistakes.note(subject, format!("`status` {status} is not one of success, 200 to 299"));
    }
    let status = status.filter(is_success).and_then(|status| u16::try_from(status).ok());
    Details { summary, description, request_schema, response_schema, request_media_type, status, ..Details::default() }
}

/// `declare.parameter`.
pub(super) fn parameter(
    operation: &str,
    place: &str,
    name: String,
    schema: &str,
    given: &[Attribute],
    mistakes: &mut Mistakes,
) -> Option<Parameter> {
    let subject = format!("parameter {} of {}", quoted(&name), quoted(operation));
    let place = mistakes.parse(&subject, place);
    let mut reader = AttributeReader::new(&subject, given);
    let required = mistakes.take(reader.flag("required")).unwrap_or_default() || place == Some(ParameterPlace::Path);
    let description = line(&mut reader, "description", mistakes);
    mistakes.take(reader.finish());
    let schema = mistakes.take(JsonSchema::parse(schema).map_err(|reason| Mistake::new(&subject, format!("its schema {reason}"))));
    let place = place?;
    let name = if place == ParameterPlace::Header { name.to_ascii_lowercase() } else { name };
    if let Some(reason) = name_mistake(place, &name) {
        mistakes.note(&subject, reason);
    }
    Some(Parameter { place, name, schema: schema?, required, description })
}

/// Headers that a handler is never shown, or that say what the host has already understood.
const NOT_SHOWN: [&str; 5] = ["accept", "authorization", "content-type", "cookie", "x-api-key"];

fn name_mistake(place: ParameterPlace, name: &str) -> Option<String> {
    const MOST: usize = 63;
    let is_token = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    let good = match place {
        ParameterPlace::Query => !name.contains(is_harmful),
        ParameterPlace::Path => is_word(name),
        ParameterPlace::Header if NOT_SHOWN.contains(&name) => return Some("handlers are not shown this header".to_owned()),
        ParameterPlace::Header => is_token(name),
    };
    (!good || name.is_empty() || name.len() > MOST).then(|| format!("is not the name of a {place} parameter, 1 to {MOST} characters"))
}

/// `declare.answer`.
pub(super) fn answer(operation: &str, status: u16, description: String, schema: &str, mistakes: &mut Mistakes) -> Option<Answer> {
    let subject = format!("answer {status} of {}", quoted(operation));
    if !(200..=599).contains(&status) {
        mistakes.note(&subject, "is not a status from 200 to 599");
    }
    mistakes.take(one_line(&subject, "description", &description));
    if description.trim().is_empty() {
        mistakes.note(&subject, "has no description; say in one line when it is given");
    }
    let schema = match schema {
        "" => None,
        _ if matches!(status, 204 | 205 | 304) => {
            mistakes.note(&subject, "has no body, so it can have no schema");
            None
        }
        text => Some(mistakes.take(JsonSchema::parse(text).map_err(|reason| Mistake::new(&subject, format!("its schema {reason}"))))?),
    };
    Some(Answer { status, description, schema })
}

/// Text for people that may have several lines.
fn readable(subject: &str, key: &str, text: &str) -> Result<(), Mistake> {
    text.lines().try_for_each(|text| one_line(subject, key, &text.replace('\t', " ")))
}

fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.bytes().all(good)
    };
    text.len() <= 127 && text.split_once('/').is_some_and(|(kind, form)| token(kind) && token(form))
}
