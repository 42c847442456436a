//! What the program says when it cannot go on: what is wrong, why, and what to do next.

use std::error::Error;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::exit::Exit;
use crate::output::escape::escape;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// A reason to stop, with the code to exit with.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    help: Option<String>,
    nothing: bool,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), help: None, nothing: false }
    }

    /// A bug, or a machine that lacks what the program needs.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, message)
    }

    /// `error` is the message, and its sources are the causes.
    pub(crate) fn from_error(exit: Exit, error: &dyn Error) -> Self {
        let mut failure = Self::new(exit, error.to_string());
        if let Some(source) = error.source() {
            failure = failure.because(source);
        }
        failure
    }

    /// Appends `error` and its sources to the causes.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// Appends what lies behind it, the nearest cause first.
    pub(crate) fn caused_by(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes.extend(causes);
        self
    }

    /// The same in other words.
    pub(crate) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// What to do next.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// That what is named is not there: it may be something else that is meant.
    pub(crate) const fn nothing(mut self) -> Self {
        self.nothing = true;
        self
    }

    /// Whether [`Failure::nothing`] was said of it.
    pub(crate) const fn is_about_nothing(&self) -> bool {
        self.nothing
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What is wrong, and why, in one line.
    pub(crate) fn text(&self) -> String {
        std::iter::once(&self.message).chain(&self.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// Writes it for people.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub(crate) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        // Names of files and of imports come from outside.
        writeln!(out, "{ERROR}error{ERROR:#}: {}", lines(&self.message))?;
        for cause in &self.causes {
            writeln!(out, "  because: {}", lines(cause))?;
        }
        if let Some(help) = &self.help {
            writeln!(out, "{HELP}help{HELP:#}: {}", lines(help))?;
        }
        Ok(())
    }
}

fn lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_why_and_what_to_do() {
        let source = io::Error::new(io::ErrorKind::NotFound, "no such \x1b[31mthing");
        let failure = Failure::new(Exit::State, "state directory `x` cannot be used")
            .because(&source)
            .help("create it");
        let mut out = Vec::new();
        failure.write_to(&mut anstream::StripStream::new(&mut out)).expect("a vector takes everything");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "error: state directory `x` cannot be used\n  because: no such \\u{1b}[31mthing\nhelp: create it\n"
        );
    }
}
