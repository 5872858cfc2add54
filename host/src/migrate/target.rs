//! What a person writes to say how far to go, as data. What it means is decided where a plan is made.
//!
//! ```text
//! target   = [ plugin "@" ] point
//! point    = "head" | "heads" | "base" | id | [ "head" | "base" | id ] ("+" | "-") number
//! range    = [ target ] ":" target
//! ```
//!
//! An id may be the beginning of one. Ids have neither `@`, `+`, `-` nor `:`, plugin names may have `-`: the plugin is what stands
//! before the `@`, so `order-book@-1` cannot be misread.

use std::fmt;
use std::str::FromStr;

use crate::model::{PluginName, RevisionId};

use super::error::TargetError;

/// How far to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Only this plugin; all plugins where there is none.
    pub plugin: Option<PluginName>,
    /// The point in its history.
    pub point: Point,
}

/// A point in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// The one revision that is no revision's parent.
    Head,
    /// All revisions that are no revision's parent.
    Heads,
    /// Before the first revision.
    Base,
    /// The revision of that id, or the one whose id begins so.
    Revision(String),
    /// So many steps from somewhere.
    Relative {
        /// From what is applied now, where there is none.
        from: Option<Anchor>,
        /// Up where positive, down where negative; never 0.
        steps: i32,
    },
}

/// Where a relative point is counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The plugin's one head.
    Head,
    /// Before its first revision.
    Base,
    /// A revision's id, or its beginning.
    Revision(String),
}

impl Target {
    /// All plugins, that point.
    pub fn all(point: Point) -> Self {
        Self { plugin: None, point }
    }

    /// One plugin, that point.
    pub fn of(plugin: PluginName, point: Point) -> Self {
        Self { plugin: Some(plugin), point }
    }

    /// Whether it is of all plugins and names no revision: what one plugin cannot do is then no reason not to do the rest.
    pub fn is_of_all(&self) -> bool {
        self.plugin.is_none() && matches!(self.point, Point::Head | Point::Heads | Point::Relative { from: None, .. })
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if text.contains(':') {
            return Err(TargetError::RangeNotHere { text: text.to_owned() });
        }
        let malformed = || TargetError::Malformed { text: text.to_owned() };
        let (plugin, point) = match text.split_once('@') {
            None => (None, text),
            Some((plugin, point)) => (Some(plugin.parse().map_err(|_| malformed())?), point),
        };
        let point = point_of(point).or_else(|| bare_plugin(text)).ok_or_else(malformed)?;
        Ok(Self { plugin, point })
    }
}

/// Either one target, or a range of two. `:TO` begins where TO alone does.
pub fn parse_range(text: &str) -> Result<(Option<Target>, Target), TargetError> {
    let Some((from, to)) = text.split_once(':') else { return Ok((None, text.parse()?)) };
    if to.is_empty() || to.contains(':') {
        return Err(TargetError::Range { text: text.to_owned() });
    }
    let from = if from.is_empty() { None } else { Some(from.parse()?) };
    Ok((from, to.parse()?))
}

fn point_of(text: &str) -> Option<Point> {
    match text {
        "head" => Some(Point::Head),
        "heads" => Some(Point::Heads),
        "base" => Some(Point::Base),
        _ => match text.find(['+', '-']) {
            None => id(text).map(Point::Revision),
            Some(sign) => relative(&text[..sign], &text[sign..]),
        },
    }
}

fn relative(from: &str, steps: &str) -> Option<Point> {
    let from = match from {
        "" => None,
        "head" => Some(Anchor::Head),
        "base" => Some(Anchor::Base),
        "heads" => return None,
        _ => Some(Anchor::Revision(id(from)?)),
    };
    let digits = &steps[1..];
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| steps.parse().ok())?;
    number.filter(|&steps: &i32| steps != 0).map(|steps| Point::Relative { from, steps })
}

fn id(text: &str) -> Option<String> {
    text.parse::<RevisionId>().is_ok().then(|| text.to_owned())
}

/// `order-book` is no id, but who writes it deserves to hear that it is a plugin, which only the graph knows.
fn bare_plugin(text: &str) -> Option<Point> {
    text.parse::<PluginName>().is_ok().then(|| Point::Revision(text.to_owned()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plugin) = &self.plugin {
            write!(f, "{plugin}@")?;
        }
        match &self.point {
            Point::Head => f.write_str("head"),
            Point::Heads => f.write_str("heads"),
            Point::Base => f.write_str("base"),
            Point::Revision(id) => f.write_str(id),
            Point::Relative { from, steps } => {
                let from = match from {
                    None => "",
                    Some(Anchor::Head) => "head",
                    Some(Anchor::Base) => "base",
                    Some(Anchor::Revision(id)) => id,
                };
                write!(f, "{from}{steps:+}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_reads_back_as_written() {
        let all = "head heads base a1b2 +1 -1 +12 shop@head shop@heads shop@base shop@a1b2 shop@-1 shop@+1 a1b2+2 a1b2-1 shop@a1b2+1 \
                   order-book@-3 head-1 shop@head-2 base+1 shop@base+2";
        for text in all.split_whitespace() {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_the_forms() {
        let all = [
            "",
            "@",
            "shop@",
            "@head",
            "Shop@head",
            "+0",
            "-0",
            "+",
            "a++1",
            "a+-1",
            "+1-1",
            "a b",
            "+99999999999",
            "a@b@c",
            "é",
            "shop@order-book",
        ];
        for text in all {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains("write head, heads, base"), "{text}: {error}");
        }
    }

    #[test]
    fn a_range_has_two_ends_and_only_a_range_may_have_a_colon() {
        let (from, to) = parse_range("shop@a:head").unwrap();
        assert_eq!((from.unwrap().to_string(), to.to_string()), ("shop@a".into(), "head".into()));
        assert_eq!(parse_range("head").unwrap(), (None, Target::all(Point::Head)));
        assert_eq!(parse_range(":head").unwrap(), (None, Target::all(Point::Head)));
        for bad in [":", "a:", "a:b:c"] {
            assert!(matches!(parse_range(bad), Err(TargetError::Range { .. })), "{bad}");
        }
        assert!(matches!("a:b".parse::<Target>(), Err(TargetError::RangeNotHere { .. })));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z@+:0-9é-]{0,12}|.{0,12}") {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
            let _ = parse_range(&text);
        }
    }
}
