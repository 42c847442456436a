//! What a target is, and what it answers.

use std::fmt;

/// The longest kind of an answer, in characters.
const KIND_LEN_MAX: usize = 120;

/// Something that reads what strangers write.
pub trait Target {
    /// Inputs to begin with: what is good, and what is nearly good.
    fn examples(&self) -> Vec<Vec<u8>>;

    /// What is worth to be put into an input as it is: words of the language.
    fn words(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Reads `input`.
    ///
    /// # Errors
    ///
    /// [`Wrong`]: what came of it must not come of anything. A panic says so too.
    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong>;
}

/// What came of an input, by its kind: inputs with the same kind of answer have most likely gone the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It was understood.
    Taken(String),
    /// It was refused, in an orderly way.
    Refused(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(kind) => write!(f, "taken: {kind}"),
            Self::Refused(kind) => write!(f, "refused: {kind}"),
        }
    }
}

/// What must not come of any input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub String);

impl Wrong {
    /// Unless `holds`, that is wrong: `why` says what.
    ///
    /// # Errors
    ///
    /// That.
    pub fn unless(holds: bool, why: impl FnOnce() -> String) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(why())) }
    }
}

/// Texts as inputs, or as words to be put into some.
#[must_use]
pub(crate) fn inputs<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    texts.into_iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// It was understood, as what `text` says.
#[must_use]
pub fn taken(text: impl fmt::Display) -> Answer {
    Answer::Taken(kind(&text.to_string()))
}

/// It was refused with the message `text`.
///
/// # Errors
///
/// [`Wrong`], if the message has in it what would be obeyed by a terminal, or is so long that nobody reads it.
pub fn refused(text: impl fmt::Display) -> Result<Answer, Wrong> {
    /// Longer than the longest by far: a message with two excerpts and a list.
    const MESSAGE_LEN_MAX: usize = 8_000;
    let text = text.to_string();
    Wrong::unless(text.len() < MESSAGE_LEN_MAX, || format!("a message of {} bytes", text.len()))?;
    Wrong::unless(!text.contains(|c: char| c.is_control() && c != '\n'), || {
        format!("a message that a terminal obeys: {text:?}")
    })?;
    Ok(Answer::Refused(kind(&text)))
}

/// `text` without what differs from input to input: numbers, and what is quoted.
fn kind(text: &str) -> String {
    let mut kind = String::new();
    let mut quote = None;
    for c in text.chars().take(8 * KIND_LEN_MAX) {
        match quote {
            Some(end) if c == end => {
                quote = None;
                kind.push(c);
            }
            Some(_) => {}
            None if matches!(c, '`' | '"') => {
                quote = Some(c);
                kind.push(c);
            }
            None if c.is_ascii_digit() && kind.ends_with('0') => {}
            None if c.is_ascii_digit() => kind.push('0'),
            None => kind.push(c),
        }
    }
    kind.chars().take(KIND_LEN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_answer_forgets_numbers_and_quotes() {
        let one = refused("dormouse.toml:12:3: package.name: `a b` has 17 bytes");
        assert_eq!(one, refused("dormouse.toml:1:45: package.name: `` has 9 bytes"));
        assert_ne!(one, refused("dormouse.toml:1:45: package.version: `` has 9 bytes"));
        assert_ne!(refused("same").unwrap(), taken("same"));
    }

    #[test]
    fn a_message_that_a_terminal_would_obey_is_wrong_however_it_came_to_be() {
        assert!(refused("two\nlines").is_ok());
        assert!(refused("clear \u{1b}[2J").is_err());
        assert!(refused("x".repeat(10_000)).is_err());
    }
}
