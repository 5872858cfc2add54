//! The declaration that makes each piece of a stored text: the way back from SQL to what a plugin can write.

use super::facts::{self, ColumnParts, key_of, list_at, of_constraint, on_conflict, parts, unclosed, without_parentheses};
use super::{Rule, Span, StoredColumn, StoredConstraint, StoredError, StoredTable};
use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::sqlite::column::declared_type;
use crate::migrate::dialect::sqlite::table;
use crate::migrate::shape::{ColumnShape, Constraint, Piece, PrimaryKey, Said, Shape, TableShape, Unsayable};
use crate::model::schema::{Generated, IndexKey, IndexTerm, Rules, Timing, TriggerEvent};
use crate::model::sql::{Kind, Token, identifiers, tokens};
use crate::model::{Check, Column, ColumnType, Default, ForeignKey, Index, Name, Trigger, Unique, Value, View};

type Read<T> = Result<T, StoredError>;

/// The shape of one object's text.
///
/// # Errors
/// It is a table's, and not one that this reads; or no text that SQLite keeps.
pub(in crate::migrate::dialect::sqlite) fn shape(sql: &str) -> Read<Shape> {
    let all: Vec<Token<'_>> = tokens(sql).map_err(unclosed)?.into_iter().filter(|token| !token.is_blank()).collect();
    let key = key_of(&all);
    let mut words = Words { sql, all: &all, at: 0 };
    words.word("CREATE")?;
    if words.take("TABLE") {
        return Ok(Shape::Table(of_table(&StoredTable::read(sql)?)?));
    }
    let unique = words.take("UNIQUE");
    if words.take("INDEX") {
        let (table, index) = words.index(unique)?;
        return Ok(Shape::Index(table, Piece { key, name: None, said: index }));
    }
    if words.take("VIEW") {
        return Ok(Shape::View(Piece { key, name: None, said: words.view()? }));
    }
    words.word("TRIGGER")?;
    Ok(Shape::Trigger(Piece { key, name: None, said: words.trigger()? }))
}

fn unsayable<T>(why: impl Into<String>) -> Said<T> {
    Err(Unsayable(why.into()))
}

fn name(text: &str) -> Said<Name> {
    text.parse().map_err(|error| Unsayable(format!("{error}")))
}

fn names(all: &[String]) -> Said<Vec<Name>> {
    all.iter().map(|text| name(text)).collect()
}

fn of_table(table: &StoredTable) -> Read<TableShape> {
    let mut shape = TableShape {
        columns: Vec::new(),
        primary_key: None,
        constraints: Vec::new(),
        strict: table.strict,
        without_rowid: table.without_rowid,
    };
    for column in &table.columns {
        shape.columns.push(of_column(table, column)?);
    }
    let in_columns = table.columns.iter().flat_map(|column| column.constraints.iter().map(move |constraint| (Some(column), constraint)));
    for (column, constraint) in in_columns.chain(table.constraints.iter().map(|constraint| (None, constraint))) {
        let Some(fact) = of_constraint(table, column, constraint)? else { continue };
        let key = fact.key;
        if let Rule::PrimaryKey { terms, descending, autoincrement } = &constraint.rule {
            let columns = column.map_or_else(|| terms.clone(), |column| vec![column.name.clone()]);
            let said = names(&columns).map(|columns| PrimaryKey { columns, autoincrement: *autoincrement });
            let is_plain =
                |said: &PrimaryKey| !descending && (*autoincrement || says(&format!("PRIMARY KEY ({})", identifiers(&said.columns)), &key));
            let said =
                said.and_then(|said| if is_plain(&said) { Ok(said) } else { unsayable("a primary key with ON CONFLICT, COLLATE or DESC") });
            shape.primary_key = Some(Piece { key, name: None, said });
        } else {
            let said = of_rule(table, column, constraint).and_then(|said| {
                let nameless = text_of(&said).map_err(|error| Unsayable(error.to_string()))?;
                if says(&nameless, &key) { Ok(said) } else { unsayable("a constraint with ON CONFLICT or COLLATE") }
            });
            // A name that no plugin can give is no reason not to compare the rest.
            let name = constraint.name.as_deref().and_then(|text| text.parse().ok());
            shape.constraints.push(Piece { key, name, said });
        }
    }
    Ok(shape)
}

/// Whether a text is compared by this key.
fn says(text: &str, key: &str) -> bool {
    facts::key(text).is_ok_and(|found| found == key)
}

/// The constraint without its name.
fn text_of(constraint: &Constraint) -> Result<String, DialectError> {
    let nobody: Name = "x".parse().expect("a letter is a name");
    match constraint {
        Constraint::Unique(unique) => table::unique(&nobody, &Unique { name: None, ..unique.clone() }),
        Constraint::Check(check) => table::check(&nobody, &Check { name: None, ..check.clone() }),
        Constraint::ForeignKey(key) => table::foreign_key(&nobody, &ForeignKey { name: None, ..key.clone() }),
    }
}

fn of_rule(table: &StoredTable, column: Option<&StoredColumn>, constraint: &StoredConstraint) -> Said<Constraint> {
    let own = |listed: &[String]| column.map_or_else(|| listed.to_vec(), |column| vec![column.name.clone()]);
    let named = constraint.name.as_deref().map(name).transpose()?;
    match &constraint.rule {
        Rule::Unique { terms } => Ok(Constraint::Unique(Unique { name: named, columns: names(&own(terms))? })),
        Rule::Check(expression) => Ok(Constraint::Check(Check { name: named, expression: table.text(expression).trim().to_owned() })),
        Rule::ForeignKey { reference, .. } if reference.columns.is_empty() => {
            unsayable("a foreign key that does not name what it refers to")
        }
        Rule::ForeignKey { columns, reference } => Ok(Constraint::ForeignKey(ForeignKey {
            name: named,
            columns: names(&own(columns))?,
            target_table: name(&reference.table)?,
            target_columns: names(&reference.columns)?,
            on_delete: reference.on_delete,
            on_update: reference.on_update,
            deferred: reference.deferred,
        })),
        _ => unsayable("a constraint of another kind"),
    }
}

fn of_column(table: &StoredTable, column: &StoredColumn) -> Read<ColumnShape> {
    let ColumnParts { data_type, collate, default, not_null, generated } = parts(table, column)?;
    let keyed = |text: Option<String>| text.map(|text| facts::key(&text)).transpose();
    let missing = StoredError { expected: "a name that a column can have", at: column.span.start };
    Ok(ColumnShape {
        name: column.name.parse().map_err(|_| missing)?,
        said: declared(table, column, data_type.as_deref().unwrap_or_default()),
        data_type: keyed(data_type)?.unwrap_or_default(),
        not_null: keyed(not_null)?,
        default: keyed(default)?,
        collate: keyed(collate)?,
        generated: keyed(generated)?,
    })
}

fn declared(table: &StoredTable, column: &StoredColumn, type_text: &str) -> Said<Column> {
    let data_type = data_type(type_text, table.strict)?;
    let mut said = Column {
        name: name(&column.name)?,
        nullable: true,
        default: None,
        collate: None,
        generated: None,
        rules: Rules::default(),
        renamed_from: None,
        data_type,
    };
    for constraint in &column.constraints {
        match &constraint.rule {
            Rule::NotNull if on_conflict(table, constraint).is_ok_and(|words| words.is_empty()) => said.nullable = false,
            Rule::NotNull => return unsayable("NOT NULL with ON CONFLICT"),
            Rule::Collate(collation) => said.collate = Some(collation.to_ascii_uppercase()),
            Rule::Default(span) => said.default = default(&said.data_type, table.text(span)),
            Rule::Generated { expression, stored } => {
                said.generated = Some(Generated { expression: table.text(expression).trim().to_owned(), stored: *stored });
            }
            _ => {}
        }
    }
    let is_key = table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(&column.name));
    let implied = table.without_rowid && is_key || table.rowid_alias().is_some_and(|alias| alias.name == column.name);
    said.nullable &= !implied;
    Ok(said)
}

/// The type that is declared so, if there is one.
fn data_type(text: &str, strict: bool) -> Said<ColumnType> {
    // In a STRICT table several have one word: the plainest comes first.
    const PLAIN: [ColumnType; 13] = [
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Float,
        ColumnType::Boolean,
        ColumnType::Timestamp,
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::Json,
        ColumnType::Bytes,
        ColumnType::Ulid,
        ColumnType::Uuid,
        ColumnType::String(None),
    ];
    let written: String = text.split_whitespace().collect::<Vec<_>>().concat();
    if let Some(found) = PLAIN.into_iter().find(|known| declared_type(known, strict).eq_ignore_ascii_case(&written)) {
        return Ok(found);
    }
    let lower = written.to_ascii_lowercase();
    let parsed = match lower.split_once('(') {
        Some(("varchar", rest)) if !strict => format!("string({rest}").parse().ok(),
        Some(("decimal_text", rest)) if !strict => format!("decimal({rest}").parse().ok(),
        _ => None,
    };
    parsed.map_or_else(|| unsayable(format!("the type {text:?}, which is no column type of a plugin's")), Ok)
}

/// A literal where it fits the type as it stands, else an expression.
fn default(data_type: &ColumnType, text: &str) -> Option<Default> {
    let inner = without_parentheses(text);
    if inner.eq_ignore_ascii_case("NULL") {
        return None;
    }
    let value = literal(inner).filter(|value| match (data_type, value) {
        (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Decimal { .. }, Value::Integer(_)) => true,
        (ColumnType::Float, Value::Real(_)) => true,
        (ColumnType::Boolean, Value::Integer(number)) => matches!(number, 0 | 1),
        (ColumnType::Boolean, Value::Text(text)) => text == "0" || text == "1",
        (ColumnType::Bytes, Value::Bytes(_)) => true,
        (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Bytes, _) => false,
        (_, Value::Text(_)) => true,
        _ => false,
    });
    // As a model says it; it is written as a text.
    let value = value.map(|value| match (data_type, value) {
        (ColumnType::Boolean, Value::Text(text)) => Value::Boolean(text == "1"),
        (_, value) => value,
    });
    Some(value.map_or_else(|| Default::Expression(inner.to_owned()), Default::Value))
}

/// A plain literal; none where it is anything else, or would be written in another way.
fn literal(text: &str) -> Option<Value> {
    let all: Vec<Token<'_>> = tokens(text).ok()?.into_iter().filter(|token| !token.is_blank()).collect();
    let (negative, token) = match &all[..] {
        [token] => (false, token),
        [sign, token] if sign.text == "-" && token.kind == Kind::Number => (true, token),
        _ => return None,
    };
    match token.kind {
        Kind::Text => Some(Value::Text(token.name()?.into_owned())),
        Kind::Number => {
            let number = if negative { format!("-{}", token.text) } else { token.text.to_owned() };
            let integer = number.parse().ok().map(Value::Integer);
            let value = integer.or_else(|| number.parse().ok().filter(|real: &f64| real.is_finite()).map(Value::Real))?;
            (crate::model::sql::constant(&value) == number).then_some(value)
        }
        Kind::Blob => {
            let digits = token.text.get(2..token.text.len() - 1)?;
            let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
            (0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>().map(Value::Bytes)
        }
        _ => None,
    }
}

/// A place among the tokens of a text that are not blank.
struct Words<'a> {
    sql: &'a str,
    all: &'a [Token<'a>],
    at: usize,
}

impl<'a> Words<'a> {
    fn place(&self) -> usize {
        self.all.get(self.at).map_or(self.sql.len(), |token| token.at)
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.all.get(self.at).is_some_and(|token| token.is_word(word));
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &'static str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(StoredError { expected: word, at: self.place() }) }
    }

    fn name(&mut self) -> Read<String> {
        let found = self.all.get(self.at).and_then(Token::name);
        self.at += 1;
        found.map(String::from).ok_or(StoredError { expected: "a name", at: self.place() })
    }

    /// The text from the next token up to the first of these words outside parentheses; all the rest, where there is none.
    fn until(&mut self, word: &str) -> &'a str {
        let (from, mut depth) = (self.place(), 0_usize);
        while let Some(token) = self.all.get(self.at) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ if depth == 0 && token.is_word(word) => break,
                _ => {}
            }
            self.at += 1;
        }
        self.sql[from..self.place()].trim()
    }

    /// A list in parentheses, by its commas.
    fn list(&mut self) -> Read<Vec<&'a str>> {
        let missing = StoredError { expected: "`(`", at: self.place() };
        let Span { start, end } = list_at(self.sql, &self.all[self.at.min(self.all.len())..]).ok_or(missing)?;
        let (mut from, mut depth, mut items) = (start + 1, 0_usize, Vec::new());
        while let Some(token) = self.all.get(self.at).filter(|token| token.at < end) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ if depth == 1 && token.text == "," => {
                    items.push(self.sql[from..token.at].trim());
                    from = token.at + 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        items.push(self.sql[from..end - 1].trim());
        Ok(items)
    }

    fn index(&mut self, unique: bool) -> Read<(Name, Said<Index>)> {
        let own = self.name()?;
        self.word("ON")?;
        let table = self.name()?.parse().map_err(|_| StoredError { expected: "a name that a table can have", at: self.place() })?;
        let terms: Said<Vec<IndexTerm>> = self.list()?.into_iter().map(index_term).collect();
        let filter = self.take("WHERE").then(|| self.until(";").trim_end_matches(';').to_owned());
        Ok((table, name(&own).and_then(|name| Ok(Index { name, terms: terms?, unique, filter }))))
    }

    fn view(&mut self) -> Read<Said<View>> {
        let own = self.name()?;
        if !self.take("AS") {
            return Ok(unsayable("a view with a list of columns"));
        }
        let query = self.sql[self.place()..].trim_end_matches(|c: char| c.is_whitespace() || c == ';').to_owned();
        Ok(name(&own).map(|name| View { name, query }))
    }

    fn trigger(&mut self) -> Read<Said<Trigger>> {
        let own = self.name()?;
        let timing = if self.take("BEFORE") {
            Timing::Before
        } else if self.take("INSTEAD") {
            self.word("OF")?;
            Timing::InsteadOf
        } else {
            let after = self.take("AFTER");
            if after { Timing::After } else { Timing::Before }
        };
        let mut of = Vec::new();
        let event = if self.take("INSERT") {
            TriggerEvent::Insert
        } else if self.take("DELETE") {
            TriggerEvent::Delete
        } else {
            self.word("UPDATE")?;
            if self.take("OF") {
                of = self.until("ON").split(',').map(|text| text.trim().to_owned()).collect();
            }
            TriggerEvent::Update
        };
        self.word("ON")?;
        let table = self.name()?;
        if self.take("FOR") {
            self.word("EACH")?;
            self.word("ROW")?;
        }
        let condition = self.take("WHEN").then(|| self.until("BEGIN").to_owned());
        self.word("BEGIN")?;
        let body = self.statements();
        Ok((|| {
            let of: Vec<String> = of.iter().map(|text| unquoted(text)).collect();
            Ok(Trigger { name: name(&own)?, table: name(&table)?, timing, event, of: names(&of)?, condition, body })
        })())
    }

    /// The statements up to the last END.
    fn statements(&mut self) -> Vec<String> {
        let end = self.all.iter().rposition(|token| token.is_word("END")).unwrap_or(self.all.len());
        let mut from = self.place();
        let mut statements = Vec::new();
        for token in self.all.iter().take(end).skip(self.at).filter(|token| token.kind == Kind::Semicolon) {
            statements.push(self.sql[from..token.at].trim().to_owned());
            from = token.at + 1;
        }
        statements
    }
}

fn unquoted(text: &str) -> String {
    let all = tokens(text).unwrap_or_default();
    all.first().and_then(Token::name).map_or_else(|| text.to_owned(), String::from)
}

/// A column or an expression, with COLLATE and DESC after it.
fn index_term(text: &str) -> Said<IndexTerm> {
    let all = tokens(text).map_err(|error| Unsayable(error.to_string()))?;
    let mut words: Vec<&Token<'_>> = all.iter().filter(|token| !token.is_blank()).collect();
    let ends = |words: &[&Token<'_>], word: &str| words.last().is_some_and(|token| token.is_word(word));
    if ends(&words, "FIRST") || ends(&words, "LAST") {
        return unsayable("an index with NULLS FIRST or NULLS LAST");
    }
    let descending = ends(&words, "DESC");
    if descending || ends(&words, "ASC") {
        words.pop();
    }
    let collate = match &words[..] {
        [.., word, collation] if word.is_word("COLLATE") && words.len() > 2 => collation.name().map(|name| name.to_ascii_uppercase()),
        _ => None,
    };
    if collate.is_some() {
        words.truncate(words.len() - 2);
    }
    let key = match &words[..] {
        [] => return unsayable("an index without a term"),
        [one] if one.name().is_some() => IndexKey::Column(name(&one.name().unwrap_or_default())?),
        [first, ..] => {
            let last = words[words.len() - 1];
            let written = &text[first.at..last.at + last.text.len()];
            // One pair is the term's; further ones are the expression's own.
            let is_whole = list_at(text, &all).is_some_and(|span| text[span].len() == written.len());
            IndexKey::Expression(if is_whole { written[1..written.len() - 1].trim() } else { written }.to_owned())
        }
    };
    Ok(IndexTerm { key, collate, descending })
}
