//! Two schemas side by side: what one asks for and the other does not have, object by object.
//!
//! What has no order in a database has none here: columns, constraints and indexes are compared as sets. A constraint that is asked for
//! without a name may have any.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::model::text::plain;
use crate::model::{Name, ObjectKind};

/// One thing that the text of an object says, such as a column of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What makes it the same as another: without case, quotes and blanks where they mean nothing.
    pub key: String,
    /// The name of a constraint, if it has one.
    pub name: Option<String>,
    /// For a person.
    pub shown: String,
}

/// What the texts of several objects say.
pub type Facts = BTreeMap<(ObjectKind, Name), Vec<Fact>>;

/// In what an object of one schema is not that of the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its kind and name.
    pub object: String,
    /// What is asked for and not there.
    pub missing: Vec<String>,
    /// What is there and not asked for.
    pub surplus: Vec<String>,
}

impl fmt::Display for Difference {
    /// As a diff: a line for the object, then `-` what is missing, `+` what should not be there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.object))?;
        let signed = |sign| move |line| (sign, line);
        let lines = self.missing.iter().map(signed('-')).chain(self.surplus.iter().map(signed('+')));
        lines.into_iter().try_for_each(|(sign, line)| write!(f, "\n  {sign} {}", plain(line)))
    }
}

/// In what `found` is not what is `asked` for, by kind and name; nothing when it is.
pub fn differences(asked: &Facts, found: &Facts) -> Vec<Difference> {
    let objects: BTreeSet<&(ObjectKind, Name)> = asked.keys().chain(found.keys()).collect();
    let none = Vec::new();
    let difference = |object: &(ObjectKind, Name)| {
        let (missing, surplus) = between(asked.get(object).unwrap_or(&none), found.get(object).unwrap_or(&none));
        let (kind, name) = object;
        (!missing.is_empty() || !surplus.is_empty()).then(|| Difference { object: format!("{kind} {name}"), missing, surplus })
    };
    objects.into_iter().filter_map(difference).collect()
}

fn between(asked: &[Fact], found: &[Fact]) -> (Vec<String>, Vec<String>) {
    let mut left: Vec<&Fact> = found.iter().collect();
    let mut missing = Vec::new();
    // Those with a name first, so that one without does not take theirs.
    let (named, nameless): (Vec<&Fact>, Vec<&Fact>) = asked.iter().partition(|fact| fact.name.is_some());
    for fact in named.into_iter().chain(nameless) {
        let is_it = |other: &&Fact| other.key == fact.key && (fact.name.is_none() || same_name(fact, other));
        match left.iter().position(is_it) {
            Some(place) => _ = left.remove(place),
            None => missing.push(fact.shown.clone()),
        }
    }
    (missing, left.into_iter().map(|fact| fact.shown.clone()).collect())
}

fn same_name(one: &Fact, other: &Fact) -> bool {
    one.name.as_deref().zip(other.name.as_deref()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn fact(key: &str, name: Option<&str>) -> Fact {
        Fact { key: key.into(), name: name.map(str::to_owned), shown: format!("{key} {}", name.unwrap_or("-")) }
    }

    fn compared(asked: &[Fact], found: &[Fact]) -> Vec<Difference> {
        let facts = |facts: &[Fact]| Facts::from([((ObjectKind::Table, "t".parse().unwrap()), facts.to_vec())]);
        differences(&facts(asked), &facts(found))
    }

    #[test]
    fn the_order_means_nothing_and_the_number_does() {
        let (a, b) = (fact("a", None), fact("b", None));
        assert_eq!(compared(&[a.clone(), b.clone()], &[b.clone(), a.clone()]), []);
        let twice = compared(&[a.clone(), a.clone()], &[a.clone(), b]);
        assert_eq!((&twice[0].missing, &twice[0].surplus), (&vec!["a -".to_owned()], &vec!["b -".to_owned()]));
        assert_eq!(twice[0].to_string(), "table t\n  - a -\n  + b -");
    }

    #[test]
    fn a_constraint_without_a_name_may_have_any_and_one_with_a_name_has_it() {
        let (any, one, two) = (fact("u", None), fact("u", Some("one")), fact("u", Some("two")));
        assert_eq!(compared(from_ref(&any), from_ref(&one)), []);
        assert_eq!(compared(&[any.clone(), one.clone()], &[fact("u", Some("ONE")), two.clone()]), []);
        assert_eq!(compared(&[any.clone(), two.clone()], &[two.clone(), any.clone()]), []);
        assert_eq!(compared(from_ref(&one), from_ref(&any)).len(), 1);
        assert_eq!(compared(&[one], &[two]).len(), 1);
    }

    #[test]
    fn an_object_that_only_one_has_is_told_whole() {
        let all = Facts::from([((ObjectKind::View, "v".parse().unwrap()), vec![fact("select 1", None)])]);
        assert_eq!(differences(&all, &Facts::new())[0].to_string(), "view v\n  - select 1 -");
        assert_eq!(differences(&Facts::new(), &all)[0].to_string(), "view v\n  + select 1 -");
    }
}
