//! A target, as both read it: `[branch@]point`.

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Up,
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) branch: Option<&'a str>,
    pub(crate) point: Point<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point<'a> {
    Head,
    Heads,
    Base,
    /// An id, its beginning, or a label.
    Revision(&'a str),
    /// So many steps, up or down, never none.
    Counted(From<'a>, i64),
}

/// Where steps are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From<'a> {
    /// What is applied.
    Here,
    Head,
    Base,
    Revision(&'a str),
}

impl<'a> Target<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let (branch, point) = text.split_once('@').map_or((None, text), |(branch, point)| (Some(branch), point));
        Self { branch, point: Point::read(point) }
    }
}

impl<'a> Point<'a> {
    fn read(text: &'a str) -> Self {
        match text {
            "head" => Self::Head,
            "heads" => Self::Heads,
            "base" => Self::Base,
            _ => match text.find(['+', '-']) {
                None => Self::Revision(text),
                Some(sign) => Self::Counted(From::read(&text[..sign]), text[sign..].parse().unwrap()),
            },
        }
    }

    /// What is written where an id can stand.
    pub(crate) fn id(self) -> Option<&'a str> {
        match self {
            Self::Revision(text) | Self::Counted(From::Revision(text), _) => Some(text),
            _ => None,
        }
    }
}

impl<'a> From<'a> {
    fn read(text: &'a str) -> Self {
        match text {
            "" => Self::Here,
            "head" => Self::Head,
            "base" => Self::Base,
            _ => Self::Revision(text),
        }
    }
}
