//! Reads JSON text in place: slices of it, nothing decoded that nobody asks for.
//!
//! A general JSON value loses what the record engine promises to keep: integers beyond 64 bits and `1.10` inside a JSON column, the
//! place of a number that is too large, a name given twice. So the text is checked once against RFC 8259 and handed out as slices;
//! scalars are decoded by the column that they are meant for. A property test compares the verdict with `serde_json`'s.

use std::borrow::Cow;

/// How deep arrays and objects may nest in a body. The same number as `serde_json`'s.
pub const MAX_DEPTH: usize = 128;

/// A JSON value as it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, decoded.
    String(Cow<'a, str>),
    /// An array's text, brackets included.
    Array(&'a str),
    /// An object's text, braces included.
    Object(&'a str),
}

impl Json<'_> {
    /// What kind of value this is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member<'a> {
    /// Its name, decoded.
    pub(super) name: Cow<'a, str>,
    /// Its value.
    pub(super) value: Json<'a>,
    /// JSON pointers, below this member, to numbers that no double can hold.
    pub(super) infinite: Vec<String>,
}

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in bytes, from 1.
    pub(super) column: usize,
    /// What is wrong there.
    pub(super) reason: &'static str,
}

/// What stands at the top of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Top<'a> {
    /// An object's members, in order, repetitions included.
    Members(Vec<Member<'a>>),
    /// Anything else.
    Other(Json<'a>),
}

/// Reads a whole text.
pub(super) fn read(bytes: &[u8]) -> Result<Top<'_>, Malformed> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(malformed(bytes, error.valid_up_to(), "the text is not UTF-8")),
    };
    let mut scanner = Scanner::new(text);
    scanner.top().map_err(|reason| malformed(bytes, scanner.at, reason))
}

/// Appends the text without the spaces between its tokens; answers false, and appends nothing, when it is not JSON.
pub(super) fn append_compact(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut scanner = Scanner::new(text);
    if scanner.whole().is_err() {
        return false;
    }
    if scanner.spaced {
        compact(text, out)
    } else {
        out.extend_from_slice(bytes)
    }
    true
}

/// The items of an array that [`read`] handed out as a slice.
pub(super) fn items(text: &str) -> Vec<Json<'_>> {
    let mut scanner = Scanner::new(text);
    let mut items = Vec::new();
    // The slice was checked when it was cut, so reading it again cannot fail.
    let _ = scanner.array(|value| items.push(value));
    items
}

/// A slice that [`read`] handed out, without the spaces between its tokens.
pub(super) fn compacted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    compact(text, &mut out);
    // Only ASCII spaces were left out, so it is still UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Objects taken apart, all else as it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// No object; its text.
    Leaf(&'a str),
    /// An object's members in order, repetitions included.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Takes the objects of a text apart; `None` when it is not JSON.
pub(super) fn tree(text: &str) -> Option<Node<'_>> {
    let mut scanner = Scanner::new(text);
    scanner.skip_space();
    let node = scanner.node().ok()?;
    scanner.end().ok().map(|()| node)
}

fn compact(text: &str, out: &mut Vec<u8>) {
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        if quoted {
            out.push(byte);
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            out.push(byte);
            quoted = byte == b'"';
        }
    }
}

fn malformed(bytes: &[u8], at: usize, reason: &'static str) -> Malformed {
    let before = &bytes[..at.min(bytes.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    Malformed { line, column, reason }
}

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Index(usize),
    Name(&'a str),
}

#[derive(Debug)]
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    spaced: bool,
    path: Vec<Step<'a>>,
    infinite: Vec<String>,
}

type Scanned<T> = Result<T, &'static str>;

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, spaced: false, path: Vec::new(), infinite: Vec::new() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
            self.spaced = true;
        }
    }

    fn end(&mut self) -> Scanned<()> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err("something follows after the value") }
    }

    fn whole(&mut self) -> Scanned<Json<'a>> {
        self.skip_space();
        let value = self.value()?;
        self.end()?;
        Ok(value)
    }

    fn top(&mut self) -> Scanned<Top<'a>> {
        self.skip_space();
        if self.peek() != Some(b'{') {
            return self.whole().map(Top::Other);
        }
        let mut members = Vec::new();
        self.object(|scanner, name, value| {
            let infinite = std::mem::take(&mut scanner.infinite);
            members.push(Member { name, value, infinite });
        })?;
        self.end()?;
        Ok(Top::Members(members))
    }

    fn value(&mut self) -> Scanned<Json<'a>> {
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(|_, _, _| ()).map(|()| Json::Object(&self.text[start..self.at])),
            Some(b'[') => self.array(|_| ()).map(|()| Json::Array(&self.text[start..self.at])),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.word("true", Json::Boolean(true)),
            Some(b'f') => self.word("false", Json::Boolean(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err("a value is expected here"),
            None => Err("the text ends where a value is expected"),
        }
    }

    fn node(&mut self) -> Scanned<Node<'a>> {
        let start = self.at;
        if self.peek() != Some(b'{') {
            self.value()?;
            return Ok(Node::Leaf(&self.text[start..self.at]));
        }
        let mut members = Vec::new();
        self.object_of(Self::node, |_, name, node| members.push((name, node)))?;
        Ok(Node::Object(members))
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Scanned<Json<'a>> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err("a value is expected here");
        }
        self.at += word.len();
        Ok(value)
    }

    fn enter(&mut self) -> Scanned<()> {
        if self.depth == MAX_DEPTH {
            return Err("arrays and objects are nested more than 128 deep");
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    fn array(&mut self, mut each: impl FnMut(Json<'a>)) -> Scanned<()> {
        self.enter()?;
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(());
        }
        for index in 0.. {
            self.path.push(Step::Index(index));
            each(self.value()?);
            self.path.pop();
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) => return Err("`,` or `]` is expected here"),
                None => return Err("the text ends inside an array"),
            }
            self.skip_space();
        }
        self.leave();
        Ok(())
    }

    fn object(&mut self, each: impl FnMut(&mut Self, Cow<'a, str>, Json<'a>)) -> Scanned<()> {
        self.object_of(Self::value, each)
    }

    fn object_of<T>(&mut self, item: fn(&mut Self) -> Scanned<T>, mut each: impl FnMut(&mut Self, Cow<'a, str>, T)) -> Scanned<()> {
        self.enter()?;
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err("a member's name in double quotes is expected here");
            }
            let start = self.at + 1;
            let name = self.string()?;
            self.path.push(Step::Name(&self.text[start..self.at - 1]));
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err("`:` is expected here");
            }
            self.at += 1;
            self.skip_space();
            let value = item(self)?;
            self.path.pop();
            each(self, name, value);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) => return Err("`,` or `}` is expected here"),
                None => return Err("the text ends inside an object"),
            }
            self.skip_space();
        }
        self.leave();
        Ok(())
    }

    fn digits(&mut self) -> Scanned<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err("a digit is expected here") } else { Ok(()) }
    }

    fn number(&mut self) -> Scanned<&'a str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        // Without an exponent it takes 309 digits to leave the range of a double.
        if (exponent || text.len() > 308) && !text.parse::<f64>().is_ok_and(f64::is_finite) {
            self.infinite.push(self.pointer());
        }
        Ok(text)
    }

    fn string(&mut self) -> Scanned<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err("a control character must be escaped in a string"),
                Some(_) => self.at += 1,
                None => return Err("the text ends inside a string"),
            }
        }
        let inner = &self.text[start..self.at];
        self.at += 1;
        if !escaped {
            return Ok(Cow::Borrowed(inner));
        }
        let quoted = &self.text[start - 1..self.at];
        serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| "the string holds an escape that means nothing")
    }

    fn escape(&mut self) -> Scanned<()> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            // The hexadecimal digits, and that surrogates come in pairs, is seen when the string is decoded.
            Some(b'u') => {
                self.at += 1;
                Ok(())
            }
            _ => Err("the string holds an escape that means nothing"),
        }
    }

    /// The place in hand, below the member of the top that is being read.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in self.path.iter().skip(1) {
            pointer.push('/');
            match step {
                Step::Index(index) => pointer.push_str(&index.to_string()),
                Step::Name(raw) => {
                    let name = serde_json::from_str::<String>(&format!("\"{raw}\"")).unwrap_or_else(|_| (*raw).to_owned());
                    pointer.push_str(&escape_pointer(&name));
                }
            }
        }
        pointer
    }
}

/// One step of a JSON pointer (RFC 6901).
pub(super) fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked_and_compacted(text: &str) -> Option<String> {
        let mut out = Vec::new();
        append_compact(text.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn members_come_as_written() {
        let Top::Members(members) = read(br#" {"a": 12345678901234567890123, "b\n": [1, {"c": "d"}], "a": null} "#).unwrap() else {
            panic!("not an object")
        };
        assert_eq!(members[0].value, Json::Number("12345678901234567890123"));
        assert_eq!(members[1].name, "b\n");
        assert_eq!(members[1].value, Json::Array(r#"[1, {"c": "d"}]"#));
        assert_eq!((&*members[2].name, &members[2].value), ("a", &Json::Null));
    }

    #[test]
    fn numbers_out_of_range_are_found_with_their_place() {
        let Top::Members(members) = read(br#"{"a": 1e400, "b": {"x/y": [0, -1e999]}, "c": 1e300}"#).unwrap() else {
            panic!("not an object")
        };
        assert_eq!(members[0].infinite, [""]);
        assert_eq!(members[1].infinite, ["/x~1y/1"]);
        assert!(members[2].infinite.is_empty());
    }

    #[test]
    fn what_is_not_json_says_where() {
        let error = read(b"{\n  \"a\": tru}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
        for bad in [
            "",
            "{",
            "{\"a\"}",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\u{1}\"",
            "nul",
            "1 2",
            "\u{feff}1",
            "'a'",
            "+1",
            ".5",
            "NaN",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"\"\xff\"").is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(read(nested(128).as_bytes()).is_ok());
        assert!(read(nested(129).as_bytes()).unwrap_err().reason.contains("128"));
        assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn spaces_go_but_not_from_strings() {
        assert_eq!(checked_and_compacted("{ \"a b\" : [ 1.10 , \"x \\\" y\" ] }\n").unwrap(), "{\"a b\":[1.10,\"x \\\" y\"]}");
        assert_eq!(checked_and_compacted("{broken"), None);
    }

    /// Text that is almost JSON: the characters that matter, in any order.
    fn almost_json() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\"a\""),
            Just("\"\\u00e9\""),
            Just("\"\\ud83d\\ude00\""),
            Just("\"\\udc00\""),
            Just("\""),
            Just("\\"),
            Just("1"),
            Just("-"),
            Just("0"),
            Just("."),
            Just("e"),
            Just("E+1"),
            Just("true"),
            Just("null"),
            Just(" "),
            Just("\n"),
            Just("é"),
            Just("\"\\q\"")
        ];
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(|s: String| s.into()),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".*", inner), 0..6).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_verdict_is_serde_jsons(text in almost_json()) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert_eq!(read(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(&bytes);
            let _ = append_compact(&bytes, &mut Vec::new());
        }

        #[test]
        fn compact_text_means_the_same(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(checked_and_compacted(&pretty).unwrap(), serde_json::to_string(&value).unwrap());
        }
    }
}
