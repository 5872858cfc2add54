//! SQL functions written anew, because SQLite computes them in quadratic time and nothing interrupts them meanwhile.
//!
//! They answer what SQLite's own would, byte for byte, broken UTF-8 included; a property test compares. Two take a set of characters as
//! their second argument and refuse a long one. See `docs/decisions/0019-what-a-statement-may-cost.md`.

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::memmem;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, ffi};

use super::limits::ValueLength;

/// Bytes in the characters that `trim` takes away and `unhex` passes over: each byte of a text is compared with all of them.
pub(super) const MAX_CHARACTERS: usize = 100;

/// Registers them. They depend on nothing but their arguments, so that they may stand in indexes, CHECKs and views.
pub(super) fn register(connection: &Connection, longest: &ValueLength) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let longest = longest.clone();
    connection.create_scalar_function("instr", 2, flags, |context| instr(context.get_raw(0), context.get_raw(1)))?;
    connection.create_scalar_function("replace", 3, flags, move |context| replace(context, longest.get()))?;
    connection.create_scalar_function("trim", 2, flags, |context| trim(context, true, true))?;
    connection.create_scalar_function("ltrim", 2, flags, |context| trim(context, true, false))?;
    connection.create_scalar_function("rtrim", 2, flags, |context| trim(context, false, true))?;
    connection.create_scalar_function("unhex", 2, flags, unhex)
}

/// Where `needle` first stands in `haystack`, from 1; 0 if nowhere. Characters are counted, or bytes if both are blobs.
fn instr(haystack: ValueRef<'_>, needle: ValueRef<'_>) -> rusqlite::Result<Option<i64>> {
    let blobs = matches!((haystack, needle), (ValueRef::Blob(_), ValueRef::Blob(_)));
    let (Some(haystack), Some(needle)) = (text(haystack)?, text(needle)?) else { return Ok(None) };
    let at = match needle.first() {
        None => return Ok(Some(1)),
        // A text is searched character by character, so only the first byte can be one that continues a character.
        Some(&first) if !blobs && continues(first) => haystack.starts_with(&needle).then_some(0),
        Some(_) => memmem::find(&haystack, &needle),
    };
    let before = |at: usize| if blobs { at } else { haystack[1..=at].iter().filter(|byte| !continues(**byte)).count() };
    Ok(Some(at.map_or(0, |at| before(at) as i64 + 1)))
}

/// The first argument with every occurrence of the second replaced by the third.
fn replace(context: &Context<'_>, longest: usize) -> rusqlite::Result<Option<Text>> {
    let (Some(within), Some(old)) = (text(context.get_raw(0))?, text(context.get_raw(1))?) else { return Ok(None) };
    // A NUL ends what is looked for, but only if it comes first.
    if old.first().is_none_or(|byte| *byte == 0) {
        return Ok(Some(Text(within.into_owned())));
    }
    let Some(new) = text(context.get_raw(2))? else { return Ok(None) };
    let finder = memmem::Finder::new(&old);
    let count = finder.find_iter(&within).count();
    // Known before anything is written: a megabyte for each byte of a megabyte would not fit anywhere.
    let length = (within.len() - count * old.len()).saturating_add(count.saturating_mul(new.len()));
    if length > longest {
        return Err(failed(ffi::SQLITE_TOOBIG, None));
    }
    let (mut result, mut from) = (Vec::with_capacity(length), 0);
    for at in finder.find_iter(&within) {
        result.extend_from_slice(&within[from..at]);
        result.extend_from_slice(&new);
        from = at + old.len();
    }
    result.extend_from_slice(&within[from..]);
    Ok(Some(Text(result)))
}

/// The first argument without the characters of the second at its ends.
fn trim(context: &Context<'_>, left: bool, right: bool) -> rusqlite::Result<Option<Text>> {
    let (Some(whole), Some(set)) = (text(context.get_raw(0))?, text(context.get_raw(1))?) else { return Ok(None) };
    let set = characters(&set)?;
    let mut rest = &*whole;
    if left {
        let by_first = sorted_by(&set, |character| character.first());
        // The first that fits: with broken UTF-8 one character can begin another.
        while let Some(character) = rest.first().and_then(|byte| by_first[usize::from(*byte)].iter().find(|c| rest.starts_with(c))) {
            rest = &rest[character.len()..];
        }
    }
    if right {
        let by_last = sorted_by(&set, |character| character.last());
        while let Some(character) = rest.last().and_then(|byte| by_last[usize::from(*byte)].iter().find(|c| rest.ends_with(c))) {
            rest = &rest[..rest.len() - character.len()];
        }
    }
    Ok(Some(Text(rest.to_vec())))
}

/// The characters by one of their bytes, each once.
fn sorted_by<'s>(set: &[&'s [u8]], byte: fn(&'s [u8]) -> Option<&'s u8>) -> Vec<Vec<&'s [u8]>> {
    let mut sorted = vec![Vec::new(); 256];
    for character in set {
        let place = &mut sorted[usize::from(*byte(character).unwrap_or(&0))];
        if !place.contains(character) {
            place.push(*character);
        }
    }
    sorted
}

/// The bytes that the first argument writes in hexadecimal, characters of the second passed over between two bytes; NULL if it does not.
fn unhex(context: &Context<'_>) -> rusqlite::Result<Option<Vec<u8>>> {
    let (Some(written), Some(passed)) = (text(context.get_raw(0))?, text(context.get_raw(1))?) else { return Ok(None) };
    require_few(&passed)?;
    let mut set = Vec::new();
    let mut rest = &*passed;
    while !rest.is_empty() {
        set.push(read_character(&mut rest));
    }
    // SQLite reads until a NUL, here and in the middle of a pair.
    let mut rest = written.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(rest.len() / 2);
    while let Some(&first) = rest.first() {
        let Some(high) = digit(first) else {
            if !set.contains(&read_character(&mut rest)) {
                return Ok(None);
            }
            continue;
        };
        let Some(low) = rest.get(1).copied().and_then(digit) else { return Ok(None) };
        bytes.push(high << 4 | low);
        rest = &rest[2..];
    }
    Ok(Some(bytes))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The characters of a set, as SQLite separates them, up to the first NUL.
fn characters(set: &[u8]) -> rusqlite::Result<Vec<&[u8]>> {
    let mut rest = set.split(|byte| *byte == 0).next().unwrap_or_default();
    require_few(rest)?;
    let mut characters = Vec::new();
    while !rest.is_empty() {
        let (character, after) = rest.split_at(length_of_first(rest));
        characters.push(character);
        rest = after;
    }
    Ok(characters)
}

fn require_few(set: &[u8]) -> rusqlite::Result<()> {
    if set.len() <= MAX_CHARACTERS {
        return Ok(());
    }
    let message = format!("the characters that trim() takes away and unhex() passes over may have {MAX_CHARACTERS} bytes");
    Err(failed(ffi::SQLITE_ERROR, Some(message)))
}

/// Bytes of the first character: one that begins a sequence takes all that continue it, whether it is UTF-8 or not.
fn length_of_first(text: &[u8]) -> usize {
    match text.first() {
        Some(0xc0..) => 1 + text[1..].iter().take_while(|byte| continues(**byte)).count(),
        _ => text.len().min(1),
    }
}

/// Takes the first character away and answers its number, as SQLite decodes it.
///
/// # Source
/// `sqlite3Utf8Read`.
fn read_character(text: &mut &[u8]) -> u32 {
    let (character, rest) = text.split_at(length_of_first(text));
    *text = rest;
    let (first, more) = (character[0], &character[1..]);
    if first < 0xc0 {
        return u32::from(first);
    }
    let bits = match first {
        0xc0..=0xdf => first & 0x1f,
        0xe0..=0xef => first & 0x0f,
        0xf0..=0xf7 => first & 0x07,
        0xf8..=0xfb => first & 0x03,
        0xfc..=0xfd => first & 0x01,
        _ => 0,
    };
    let number = more.iter().fold(u32::from(bits), |number, byte| (number << 6).wrapping_add(u32::from(byte & 0x3f)));
    if number < 0x80 || number & 0xffff_f800 == 0xd800 { 0xfffd } else { number }
}

/// Whether the byte continues a character that another began.
fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// An argument as text, in the way that SQLite converts it: a blob is taken as it is. None for NULL.
fn text(value: ValueRef<'_>) -> rusqlite::Result<Option<Cow<'_, [u8]>>> {
    Ok(Some(match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => Cow::Owned(number.to_string().into_bytes()),
        ValueRef::Real(number) => Cow::Owned(written(number)?.into_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cow::Borrowed(bytes),
    }))
}

/// A number as SQLite writes it, which nobody else writes so. Asked of a connection of its own, for nothing else knows.
fn written(number: f64) -> rusqlite::Result<String> {
    thread_local! {
        static WRITER: OnceCell<Connection> = const { OnceCell::new() };
    }
    WRITER.with(|writer| {
        let writer = match writer.get() {
            Some(writer) => writer,
            // Not kept if it fails: there may be memory for it the next time.
            None => {
                let opened = Connection::open_in_memory()?;
                writer.get_or_init(|| opened)
            }
        };
        writer.prepare_cached("SELECT CAST(?1 AS TEXT)")?.query_row([number], |row| row.get(0))
    })
}

fn failed(code: i32, message: Option<String>) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), message)
}

/// A text that need not be UTF-8.
struct Text(Vec<u8>);

impl ToSql for Text {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}
