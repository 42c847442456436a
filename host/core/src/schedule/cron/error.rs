//! What is wrong with a cron expression, and where.

use std::fmt;

/// A cron schedule that cannot be.
///
/// Displayed on three lines if there is something to point at, and never ends in a line break:
///
/// ```text
/// invalid cron expression: hour: value must be in range 0..=23; found 25
///   30 25 * * *
///      ^
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CronError {
    kind: CronErrorKind,
    message: String,
    place: Option<Place>,
}

/// What sort of thing is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CronErrorKind {
    /// Longer than [`EXPRESSION_BYTES_MAX`](super::EXPRESSION_BYTES_MAX).
    TooLong,
    /// Not a cron expression.
    Syntax,
    /// More than five fields: seconds or years.
    Seconds,
    /// Well formed, but no date ever matches.
    NeverFires,
    /// The time zone is not one; the expression was not looked at further.
    UnknownTimeZone,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    expression: String,
    column: usize,
}

impl CronError {
    pub(super) fn new(kind: CronErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None }
    }

    pub(super) fn at(
        kind: CronErrorKind,
        message: impl Into<String>,
        expression: &str,
        column: usize,
    ) -> Self {
        Self { place: Some(Place { expression: expression.to_owned(), column }), ..Self::new(kind, message) }
    }

    /// What sort of thing is wrong.
    #[must_use]
    pub fn kind(&self) -> CronErrorKind {
        self.kind
    }

    /// What is wrong, on one line, without the expression.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The expression as it was written; none if it is too long, or not what is wrong.
    #[must_use]
    pub fn expression(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.expression.as_str())
    }

    /// Where in [`CronError::expression`], in characters from 0; its length if something is missing at the end.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            CronErrorKind::UnknownTimeZone => "unknown time zone",
            _ => "invalid cron expression",
        };
        write!(f, "{what}: {}", self.message)?;
        if let Some(Place { expression, column }) = &self.place {
            // A tab or a control character would move the caret away from its column.
            let shown: String = expression
                .chars()
                .map(|c| match c {
                    '\t' => ' ',
                    c if c.is_control() => char::REPLACEMENT_CHARACTER,
                    c => c,
                })
                .collect();
            write!(f, "\n  {shown}\n  {:column$}^", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for CronError {}
