//! Rows as JSON, written straight from the statement into one buffer.

use std::collections::HashSet;

use rusqlite::types::ValueRef;

use super::rows::as_cell;
use crate::model::Problem;
use crate::model::query::Cell;

/// Bytes in the answer to one query, unless the operator says otherwise.
///
/// The answer lies in memory as a whole, and a guest's whole memory is of the same order; more rows than this are paged through.
pub const MAX_RESULT_BYTES: usize = 8 * 1024 * 1024;

/// Writes a JSON array with one object per row.
#[derive(Debug)]
pub(super) struct RowsWriter {
    buffer: Vec<u8>,
    /// Each as it stands in the text: `"name":`, after `{` or `,`.
    keys: Vec<Vec<u8>>,
    rows: u64,
    most_bytes: usize,
}

impl RowsWriter {
    /// Begins the array; two columns of one name would make one member of two cells.
    pub(super) fn new(columns: &[&str], most_bytes: usize) -> Result<Self, Problem> {
        let mut seen = HashSet::new();
        if let Some(twice) = columns.iter().find(|name| !seen.insert(**name)) {
            return Err(Problem::new(400, "sql", format!("two columns of the result are called {twice:?}; give one another name with AS")));
        }
        let key = |(index, name): (usize, &&str)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            Cell::Text(name.as_bytes()).write_json(&mut key);
            key.push(b':');
            key
        };
        Ok(Self { buffer: vec![b'['], keys: columns.iter().enumerate().map(key).collect(), rows: 0, most_bytes })
    }

    /// Adds one row; `cell` answers what stands in each column.
    ///
    /// # Errors
    /// The result is larger than it may be, or a cell cannot be read.
    pub(super) fn row<'r, E: From<Problem>>(&mut self, mut cell: impl FnMut(usize) -> Result<ValueRef<'r>, E>) -> Result<(), E> {
        if self.rows > 0 {
            self.buffer.push(b',');
        }
        for (index, key) in self.keys.iter().enumerate() {
            self.buffer.extend_from_slice(key);
            as_cell(cell(index)?).write_json(&mut self.buffer);
            // After each cell: one of control characters is six times as long here, and a row may have 200 of them.
            check_size(self.buffer.len(), self.most_bytes)?;
        }
        self.buffer.push(b'}');
        self.rows += 1;
        Ok(())
    }

    /// Ends the array; answers it and the number of rows.
    pub(super) fn finish(mut self) -> (Vec<u8>, u64) {
        self.buffer.push(b']');
        (self.buffer, self.rows)
    }
}

/// Refuses a result that has grown too large.
///
/// # Errors
/// It has more.
pub(super) fn check_size(bytes: usize, most_bytes: usize) -> Result<(), Problem> {
    if bytes <= most_bytes {
        return Ok(());
    }
    let detail = format!("the result is larger than {most_bytes} bytes; ask for fewer rows or columns at a time");
    Err(Problem::new(413, "too-large", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: &[&str], rows: &[&[ValueRef<'static>]]) -> String {
        let mut writer = RowsWriter::new(columns, MAX_RESULT_BYTES).unwrap();
        for row in rows {
            writer.row(|index| Ok::<_, Problem>(row[index])).unwrap();
        }
        String::from_utf8(writer.finish().0).unwrap()
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        assert_eq!(written(&["a"], &[]), "[]");
    }

    #[test]
    fn every_kind_of_cell_has_its_form() {
        let row: &[ValueRef<'static>] = &[
            ValueRef::Null,
            ValueRef::Integer(i64::MIN),
            ValueRef::Real(0.1),
            ValueRef::Real(f64::INFINITY),
            ValueRef::Text(b"a\"\n\xff"),
            ValueRef::Blob(b"\x00\xff"),
        ];
        assert_eq!(
            written(&["n", "i", "r", "inf", "t \"x\"", "b"], &[row]),
            "[{\"n\":null,\"i\":-9223372036854775808,\"r\":0.1,\"inf\":null,\"t \\\"x\\\"\":\"a\\\"\\n\u{fffd}\",\"b\":\"AP8=\"}]"
        );
    }

    #[test]
    fn two_columns_of_one_name_are_a_problem() {
        assert!(RowsWriter::new(&["id", "id"], MAX_RESULT_BYTES).unwrap_err().detail.contains("AS"));
    }

    #[test]
    fn a_result_that_is_too_large_is_a_problem() {
        let mut writer = RowsWriter::new(&["a"], MAX_RESULT_BYTES).unwrap();
        let text = vec![b'x'; MAX_RESULT_BYTES];
        let error = writer.row(|_| Ok::<_, Problem>(ValueRef::Text(&text))).unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (413, "too-large"));
        // No more is written of a row than is too much.
        let names: Vec<_> = (0..200).map(|index| format!("c{index}")).collect();
        let mut writer = RowsWriter::new(&names.iter().map(String::as_str).collect::<Vec<_>>(), MAX_RESULT_BYTES).unwrap();
        let text = vec![7; 1024 * 1024];
        assert!(writer.row(|_| Ok::<_, Problem>(ValueRef::Text(&text))).is_err());
        assert!(writer.buffer.len() < 2 * MAX_RESULT_BYTES, "{}", writer.buffer.len());
    }
}
