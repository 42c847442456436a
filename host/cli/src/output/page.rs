//! What a command that only answers prints: all at once, on standard output.

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::escape::escape;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// Exits as a program does that writes to a pipe which nobody reads. The number is 13 on every Unix.
pub(crate) const SIGPIPE: Exit = Exit::Signal(13);

/// Text, with styles, that is written when it is whole.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

impl Page {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One line, or several.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    /// One object on a line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        self.line(json_line(value)?);
        Ok(())
    }

    /// What a command answers: the object for programs, or these lines for people. Texts in them may come from
    /// outside.
    pub(crate) fn answer(
        &mut self,
        json: bool,
        object: &impl Serialize,
        lines: impl FnOnce() -> Vec<String>,
    ) -> Result<()> {
        if json {
            return self.json(object);
        }
        lines().iter().for_each(|line| self.line(escape(line)));
        Ok(())
    }

    /// Writes it, and answers `exit` if that went well.
    pub(crate) fn print(self, color: ColorChoice, exit: Exit) -> Result<Exit> {
        let mut out = AutoStream::new(io::stdout(), color);
        match out.write_all(self.0.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(exit),
            Err(error) => output_failed(&error),
        }
    }
}

/// Tells people something beside what is answered, on standard error.
pub(crate) fn note(text: &str) {
    // Who does not read standard error misses something, and that is all.
    let _ = writeln!(io::stderr(), "dormouse: {}", escape(text));
}

/// One object, without the end of its line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Failure::internal("an answer cannot be written as JSON").because(&error))
}

/// What follows from standard output not being written.
pub(crate) fn output_failed(error: &io::Error) -> Result<Exit> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // Whoever read has read enough: end as programs do that are killed for it, without a word.
        return Ok(SIGPIPE);
    }
    let failure = Failure::new(Exit::Output, "standard output cannot be written").because(error);
    Err(failure.help("give it a place with room, or leave the redirection out"))
}
