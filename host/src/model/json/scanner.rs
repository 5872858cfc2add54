//! Walks over JSON text once, checking it as it goes.

use std::borrow::Cow;

use super::{Json, MAX_DEPTH, Member, Node, Top};
use crate::model::problem::pointer_step;

/// Numbers of one member that are told as too large.
const MOST_INFINITE: usize = 100;

/// Bytes after which a pointer is not written out further. Without these two, 80,000 numbers below a name of half a megabyte were told in
/// 40 GB.
const POINTER_BYTES: usize = 256;

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Index(usize),
    Name(&'a str),
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// How far it is read.
    pub(super) at: usize,
    depth: usize,
    /// There were spaces between tokens.
    pub(super) spaced: bool,
    path: Vec<Step<'a>>,
    infinite: Vec<String>,
}

/// What is read, or what is wrong at `at`.
type Scanned<T> = Result<T, &'static str>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, spaced: false, path: Vec::new(), infinite: Vec::new() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
            self.spaced = true;
        }
    }

    pub(super) fn end(&mut self) -> Scanned<()> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err("something follows after the value") }
    }

    pub(super) fn whole(&mut self) -> Scanned<Json<'a>> {
        self.skip_space();
        let value = self.value()?;
        self.end()?;
        Ok(value)
    }

    pub(super) fn top(&mut self) -> Scanned<Top<'a>> {
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

    pub(super) fn node(&mut self) -> Scanned<Node<'a>> {
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

    pub(super) fn array(&mut self, mut each: impl FnMut(Json<'a>)) -> Scanned<()> {
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
        let infinite = (exponent || text.len() > 308) && !text.parse::<f64>().is_ok_and(f64::is_finite);
        if infinite && self.infinite.len() < MOST_INFINITE {
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
                // Too long to be shown whole, so it need not be decoded either.
                Step::Name(raw) if raw.len() > POINTER_BYTES => pointer.push_str(&raw[..raw.floor_char_boundary(POINTER_BYTES)]),
                Step::Name(raw) => {
                    let name = serde_json::from_str::<String>(&format!("\"{raw}\"")).unwrap_or_else(|_| (*raw).to_owned());
                    pointer.push_str(&pointer_step(&name));
                }
            }
            if pointer.len() > POINTER_BYTES {
                break;
            }
        }
        pointer
    }
}
