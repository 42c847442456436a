//! How a task says that it did not succeed.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use crate::bindings::dormouse::background::types as wit;
use crate::millis::to_wire;

/// The answer of a task that did not succeed.
///
/// `?` turns every [`std::error::Error`] into [`Failed`](Self::Failed), with the messages of the error
/// and of its sources. For that to be possible `TaskError` is not an [`Error`] itself. What is no
/// `Error` either (a string, an `anyhow::Error`, a `Box<dyn Error>`) goes through
/// [`TaskError::failed`]:
///
/// ```
/// use dormouse_guest::TaskError;
///
/// fn parse(text: &str) -> Result<u32, TaskError> {
///     let value: u32 = text.parse()?;
///     if value == 0 {
///         return Err(TaskError::failed("zero is not a port"));
///     }
///     Ok(value)
/// }
///
/// assert_eq!(parse("x"), Err(TaskError::failed("invalid digit found in string")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskError {
    /// It failed, with a message for people. The registration's retry policy decides what follows.
    Failed(String),
    /// It failed for now: run the activation again after this time at the earliest, if the
    /// registration's retry policy leaves an attempt. Counted in whole milliseconds, rounded up, at
    /// most 49 days.
    RetryAfter(Duration),
}

impl TaskError {
    /// [`Failed`](Self::Failed), from anything that can be shown. Fits into `map_err`:
    /// `.map_err(TaskError::failed)?`.
    #[must_use]
    pub fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }
}

impl<E: Error> From<E> for TaskError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Writing to a `String` cannot fail; a `Display` that fails all the same is cut short.
            let _ = write!(message, ": {cause}");
            source = cause.source();
        }
        Self::Failed(message)
    }
}

impl From<TaskError> for wit::TaskError {
    fn from(e: TaskError) -> Self {
        match e {
            TaskError::Failed(message) => Self::Failed(message),
            TaskError::RetryAfter(delay) => Self::RetryAfterMs(to_wire(delay)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("failed to read the feed")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn tells_the_whole_chain_of_causes() {
        let error = Outer(io::Error::other("connection reset"));
        assert_eq!(TaskError::from(error), TaskError::failed("failed to read the feed: connection reset"));
    }

    #[test]
    fn a_delay_crosses_the_boundary_in_milliseconds() {
        let sent = wit::TaskError::from(TaskError::RetryAfter(Duration::from_secs(2)));
        assert!(matches!(sent, wit::TaskError::RetryAfterMs(2000)));
    }
}
