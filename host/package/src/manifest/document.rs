//! Where in a document something stands, and what stands somewhere.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, Problem};
use crate::text::{excerpt, shortened};

/// The longest message of the TOML library that is repeated, in characters: it repeats what it does not know.
const MESSAGE_CHARS_MAX: usize = 400;

/// A parsed document that remembers where everything is.
pub(super) struct Document<'a> {
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

/// The path of a value: `registrations[0].trigger.every`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyPath(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
}

impl KeyPath {
    pub(super) fn root(key: &str) -> Self {
        Self::default().key(key)
    }

    /// The value of `key` in this one.
    pub(super) fn key(&self, key: &str) -> Self {
        self.then(Part::Key(key.to_owned()))
    }

    /// The value number `index`, from 0, in this one.
    pub(super) fn index(&self, index: usize) -> Self {
        self.then(Part::Index(index))
    }

    fn then(&self, part: Part) -> Self {
        let mut path = self.clone();
        path.0.push(part);
        path
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.0.iter().enumerate() {
            match part {
                Part::Index(index) => write!(f, "[{index}]")?,
                Part::Key(key) => {
                    let dot = if n == 0 { "" } else { "." };
                    let bare = !key.is_empty()
                        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
                    let key = excerpt(key);
                    if bare { write!(f, "{dot}{key}")? } else { write!(f, "{dot}\"{key}\"")? }
                }
            }
        }
        Ok(())
    }
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ManifestError> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { text, root }),
            Err(error) => {
                let offset = error.span().map_or(text.len(), |span| span.start);
                Err(error_at(text, offset, &KeyPath::default(), malformed(&error)))
            }
        }
    }

    /// The document as a `T`.
    pub(super) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, ManifestError> {
        T::deserialize(toml::Deserializer::from(self.root.clone())).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let mut path = KeyPath::default();
            enclosing(self.root.get_ref(), offset, &mut path.0);
            error_at(self.text, offset, &path, malformed(&error))
        })
    }

    /// A problem with the value at `path`; if there is none, with what should hold it.
    pub(super) fn error(&self, path: &KeyPath, problem: Problem) -> ManifestError {
        error_at(self.text, self.offset(path), path, problem)
    }

    fn offset(&self, path: &KeyPath) -> usize {
        let mut offset = self.root.span().start;
        let mut parts = path.0.iter();
        let Some(Part::Key(key)) = parts.next() else { return offset };
        let mut value = find(self.root.get_ref(), key);
        while let Some(found) = value {
            offset = found.span().start;
            value = match (found.get_ref(), parts.next()) {
                (DeValue::Table(table), Some(Part::Key(key))) => find(table, key),
                (DeValue::Array(array), Some(Part::Index(index))) => array.get(*index),
                _ => None,
            };
        }
        offset
    }
}

fn find<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}

/// The innermost key or value that `offset` is in. A table may be spelt out in several places, so that none of them
/// can be left out because its own place is elsewhere.
fn enclosing(table: &DeTable<'_>, offset: usize, path: &mut Vec<Part>) -> bool {
    table.iter().any(|(key, value)| {
        path.push(Part::Key(key.get_ref().to_string()));
        let found = within(value, offset, path) || key.span().contains(&offset);
        if !found {
            path.pop();
        }
        found
    })
}

fn within(value: &Spanned<DeValue<'_>>, offset: usize, path: &mut Vec<Part>) -> bool {
    let below = match value.get_ref() {
        DeValue::Table(table) => enclosing(table, offset, path),
        DeValue::Array(array) => array.iter().enumerate().any(|(index, value)| {
            path.push(Part::Index(index));
            let found = within(value, offset, path);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    };
    below || value.span().contains(&offset)
}

fn malformed(error: &toml::de::Error) -> Problem {
    Problem::Toml { message: shortened(error.message(), MESSAGE_CHARS_MAX) }
}

fn error_at(text: &str, offset: usize, path: &KeyPath, problem: Problem) -> ManifestError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ManifestError::at(line, column, path.to_string(), problem)
}
