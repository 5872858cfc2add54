//! The rows that every contestant has, and what a right answer looks like.

use serde_json::{Value, json};

/// How many users there are before anything is measured.
pub(super) const USERS: usize = 10_000;

/// One user. The id is as a server makes them in a row: the time first, then what looks random.
pub(super) fn id(number: usize) -> String {
    format!("01KB{:010}{:012}", number, number * 7_919_317 % 999_999_999_989)
}

/// The body that makes the user.
pub(super) fn body(number: usize) -> Value {
    let tags: &[&str] = if number.is_multiple_of(3) { &["staff", "north-1"] } else { &[] };
    json!({
        "id": id(number),
        "email": format!("user{number:05}@example.com"),
        "name": format!("User Number {number}"),
        "is_active": !number.is_multiple_of(7),
        "tags": tags,
    })
}

/// The SQL that makes so many users in a table of Tenon's or native's, those of [`body`], in the same order.
pub(super) fn fill(rows: usize) -> String {
    let time = "2026-01-01 00:00:00.000";
    format!(
        "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {rows})
         INSERT INTO users (id, email, name, is_active, tags, created_at, updated_at)
         SELECT printf('01KB%010d%012d', n, n * 7919317 % 999999999989), printf('user%05d@example.com', n), 'User Number ' || n, n % 7 <> 0,
                CASE WHEN n % 3 = 0 THEN '[\"staff\",\"north-1\"]' ELSE '[]' END, '{time}', '{time}' FROM number;"
    )
}

/// The body of a user that is made during the load or a check; the server makes the id.
pub(super) fn another(word: &str) -> Value {
    json!({ "email": format!("{word}@example.com"), "name": "Somebody New", "is_active": true, "tags": ["new"] })
}

/// How a contestant writes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As Tenon's standard endpoints: every byte but the times is known beforehand.
    Tenon,
    /// As PocketBase: more members, in another order, and a list has an envelope.
    PocketBase,
}

impl Dialect {
    /// # Errors
    /// What the text says instead of this user.
    pub(super) fn check_user(self, text: &str, number: usize) -> Result<(), String> {
        self.check(text, &body(number), text_of(number))
    }

    /// # Errors
    /// What the text says instead of the first 100 users.
    pub(super) fn check_list(self, text: &str) -> Result<(), String> {
        let values: Vec<Value> = (0..100).map(body).collect();
        let texts: Vec<String> = (0..100).map(text_of).collect();
        self.check(text, &Value::Array(values), format!("[{}]", texts.join(",")))
    }

    fn check(self, text: &str, value: &Value, exact: String) -> Result<(), String> {
        let same = match self {
            Self::Tenon => without_times(text) == exact,
            Self::PocketBase => serde_json::from_str(text).is_ok_and(|found| &plain(found) == value),
        };
        if same { Ok(()) } else { Err(format!("answered {text}\ninstead of {exact}")) }
    }
}

const TIME: &str = "2026-01-01T00:00:00.000Z";

fn text_of(number: usize) -> String {
    let body = body(number);
    let of = |name: &str| body[name].to_string();
    format!(
        r#"{{"id":{},"created_at":"{TIME}","updated_at":"{TIME}","tags":{},"email":{},"name":{},"is_active":{}}}"#,
        of("id"),
        of("tags"),
        of("email"),
        of("name"),
        of("is_active")
    )
}

/// The text with one and the same time for every time in it.
fn without_times(text: &str) -> String {
    let mut parts = text.split(r#"_at":""#);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str(r#"_at":""#);
        let is_time = part.get(..TIME.len()).is_some_and(|time| time.ends_with('Z') && &time[10..11] == "T" && &time[19..20] == ".");
        match is_time {
            true => masked.extend([TIME, &part[TIME.len()..]]),
            false => masked.push_str(part),
        }
    }
    masked
}

/// What PocketBase answers without its envelope and what the others do not have.
fn plain(mut found: Value) -> Value {
    if let Some(items) = found.get_mut("items") {
        found = items.take();
    }
    let strip = |row: &mut Value| {
        let Some(row) = row.as_object_mut() else { return };
        ["collectionId", "collectionName", "created_at", "updated_at"].iter().for_each(|name| drop(row.remove(*name)));
    };
    match &mut found {
        Value::Array(rows) => rows.iter_mut().for_each(strip),
        row => strip(row),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ulids_and_differ() {
        let mut ids: Vec<String> = (0..USERS).map(id).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 26));
        ids.dedup();
        assert_eq!(ids.len(), USERS);
    }

    #[test]
    fn only_times_may_differ() {
        let right = text_of(3).replace(TIME, "2026-11-22T11:32:33.823Z");
        assert_eq!(Dialect::Tenon.check_user(&right, 3), Ok(()));
        for wrong in
            [right.replace("User Number 3", "User Number 4"), right.replace("T11:", " 11:"), right.replace(",\"name\"", ", \"name\"")]
        {
            assert!(Dialect::Tenon.check_user(&wrong, 3).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pocketbase_may_say_more() {
        let mut row = body(7);
        row["collectionId"] = "x".into();
        row["created_at"] = "2026-11-22 11:32:33.823Z".into();
        assert_eq!(Dialect::PocketBase.check_user(&row.to_string(), 7), Ok(()));
        row["name"] = "x".into();
        assert!(Dialect::PocketBase.check_user(&row.to_string(), 7).is_err());
        assert!(Dialect::PocketBase.check_list(&json!({ "items": (0..100).map(body).collect::<Vec<_>>() }).to_string()).is_ok());
        assert!(Dialect::PocketBase.check_list(&json!({ "items": (0..99).map(body).collect::<Vec<_>>() }).to_string()).is_err());
    }
}
