//! Gathers what one `describe` declares, within a budget, and makes a manifest of it.

use std::sync::OnceLock;

use semver::Version;

use crate::model::manifest::{Answer, Details, Field, Handled, Parameter, Route, Setting, Want};
use crate::model::{Collection, JsonSchema, Manifest, PluginName, Requirement, Revision, Table, Trigger, View};
use crate::runtime::error::{DescribeError, LimitReached, Limited};
use crate::runtime::limits::{Limits, PATTERN_BYTES, RECORD_BYTES};
use crate::runtime::mistakes::{Mistakes, quoted};

const NO_SUCH_OPERATION: &str = "this plugin declares no route of that name, and handles no such operation";

/// What `declare.plugin` said.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) name: Option<PluginName>,
    pub(super) version: Option<Version>,
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) license: Option<String>,
}

/// Everything declared so far.
#[derive(Debug)]
pub(in crate::runtime) struct Declarations {
    pub(super) identity: Option<Identity>,
    pub(super) requires: Vec<Requirement>,
    pub(super) wants: Vec<Want>,
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<View>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) revisions: Vec<Revision>,
    pub(super) collections: Vec<Collection>,
    /// By the collection's name; they may come before it.
    pub(super) fields: Vec<(String, Field)>,
    pub(super) handled: Vec<Handled>,
    pub(super) routes: Vec<Route>,
    /// By the name of the handled operation or route; they may come before it.
    pub(super) parameters: Vec<(String, Parameter)>,
    /// The same.
    pub(super) answers: Vec<(String, Answer)>,
    pub(super) settings: Vec<Setting>,
    pub(super) mistakes: Mistakes,
    budget: Budget,
}

/// What may still be declared.
#[derive(Debug)]
struct Budget {
    calls_left: u32,
    calls: u32,
    bytes_left: usize,
    bytes: usize,
}

impl Budget {
    fn charge_bytes(&mut self, bytes: usize) -> Result<(), LimitReached> {
        let reached = LimitReached { which: Limited::DeclaredBytes, limit: self.bytes as u64 };
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(reached)?;
        Ok(())
    }
}

impl Declarations {
    pub(in crate::runtime) fn new(limits: &Limits) -> Self {
        Self {
            identity: None,
            requires: Vec::new(),
            wants: Vec::new(),
            tables: Vec::new(),
            views: Vec::new(),
            triggers: Vec::new(),
            revisions: Vec::new(),
            collections: Vec::new(),
            fields: Vec::new(),
            handled: Vec::new(),
            routes: Vec::new(),
            parameters: Vec::new(),
            answers: Vec::new(),
            settings: Vec::new(),
            mistakes: Mistakes::new(limits.mistakes),
            budget: Budget {
                calls_left: limits.declarations,
                calls: limits.declarations,
                bytes_left: limits.declared_bytes,
                bytes: limits.declared_bytes,
            },
        }
    }

    /// Charges one call that hands over so many records with so many bytes of text.
    pub(super) fn charge(&mut self, weight: Weight) -> Result<(), LimitReached> {
        let budget = &mut self.budget;
        budget.calls_left =
            budget.calls_left.checked_sub(1).ok_or(LimitReached { which: Limited::Declarations, limit: u64::from(budget.calls) })?;
        budget.charge_bytes(weight.0)
    }

    /// Charges for the regular expressions of schemas, which are large once they are compiled.
    pub(super) fn charge_patterns<'a>(&mut self, schemas: impl IntoIterator<Item = &'a JsonSchema>) -> Result<(), LimitReached> {
        let patterns: usize = schemas.into_iter().map(JsonSchema::patterns).sum();
        self.budget.charge_bytes(patterns.saturating_mul(PATTERN_BYTES))
    }

    /// The manifest, if everything that was declared can be and fits together.
    pub(in crate::runtime) fn finish(mut self) -> Result<Manifest, DescribeError> {
        self.attach_fields();
        self.attach_details();
        self.default_keys();
        let identity = self.identity.unwrap_or_else(|| {
            self.mistakes.note("plugin", "`describe` returned without declare.plugin: every plugin says its name and version");
            Identity { name: None, version: None, description: None, homepage: None, license: None }
        });
        // The stand-ins are never seen: without a name or version there is a mistake.
        let manifest = Manifest {
            name: identity.name.unwrap_or_else(|| "unnamed".parse().expect("a word is a plugin name")),
            version: identity.version.unwrap_or_else(|| Version::new(0, 0, 0)),
            description: identity.description,
            homepage: identity.homepage,
            license: identity.license,
            requires: self.requires,
            wants: self.wants,
            tables: self.tables,
            views: self.views,
            triggers: self.triggers,
            revisions: self.revisions,
            collections: self.collections,
            handled: self.handled,
            routes: self.routes,
            settings: self.settings,
            names: OnceLock::new(),
            places: OnceLock::new(),
        };
        manifest.mistakes().into_iter().for_each(|mistake| self.mistakes.add(mistake));
        if self.mistakes.is_empty() {
            return Ok(manifest);
        }
        let (mistakes, left_out) = self.mistakes.into_parts();
        Err(DescribeError::Mistakes { mistakes, left_out })
    }

    fn attach_fields(&mut self) {
        for (name, field) in std::mem::take(&mut self.fields) {
            let subject = format!("field {} of collection {}", field.column, quoted(&name));
            match self.collections.iter_mut().find(|collection| collection.name == name) {
                None => self.mistakes.note(&subject, "this plugin declares no such collection"),
                Some(collection) if collection.fields.iter().any(|other| other.column == field.column) => {
                    self.mistakes.note(&subject, "is declared twice");
                }
                Some(collection) => collection.fields.push(field),
            }
        }
    }

    fn attach_details(&mut self) {
        for (name, parameter) in std::mem::take(&mut self.parameters) {
            let subject = format!("parameter {} of {}", quoted(&parameter.name), quoted(&name));
            match self.details(&name) {
                None => self.mistakes.note(&subject, NO_SUCH_OPERATION),
                Some(details)
                    if details.parameters.iter().any(|other| (other.place, &other.name) == (parameter.place, &parameter.name)) =>
                {
                    self.mistakes.note(&subject, "is declared twice");
                }
                Some(details) => details.parameters.push(parameter),
            }
        }
        for (name, answer) in std::mem::take(&mut self.answers) {
            let subject = format!("answer {} of {}", answer.status, quoted(&name));
            match self.details(&name) {
                None => self.mistakes.note(&subject, NO_SUCH_OPERATION),
                Some(details) if details.answers.iter().any(|other| other.status == answer.status) => {
                    self.mistakes.note(&subject, "is declared twice");
                }
                Some(details) => details.answers.push(answer),
            }
        }
    }

    /// What is said of a handled operation or route.
    fn details(&mut self, name: &str) -> Option<&mut Details> {
        let route = self.routes.iter_mut().find(|route| route.name == name).map(|route| &mut route.details);
        route.or_else(|| self.handled.iter_mut().find(|handled| handled.is(name)).map(|handled| &mut handled.details))
    }

    /// A collection that names no key has its table's primary key.
    fn default_keys(&mut self) {
        for collection in self.collections.iter_mut().filter(|collection| collection.key.is_empty()) {
            if let Some(table) = self.tables.iter().find(|table| table.name == collection.table) {
                collection.key.clone_from(&table.primary_key);
            }
        }
    }
}

/// What declared things cost the host, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight(usize);

impl Weight {
    /// Text, in any number of pieces.
    pub(super) fn of_texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Self {
        // Each piece is an allocation of its own.
        Self(texts.into_iter().fold(0, |sum, text| sum.saturating_add(text.len()).saturating_add(RECORD_BYTES)))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(super) fn plus_all(self, others: impl IntoIterator<Item = Self>) -> Self {
        others.into_iter().fold(self, Self::plus)
    }

    pub(super) fn record() -> Self {
        Self(RECORD_BYTES)
    }

    pub(super) fn bytes(bytes: usize) -> Self {
        Self(bytes)
    }
}
