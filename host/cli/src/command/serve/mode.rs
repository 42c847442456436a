//! For whom the daemon says what happens.

use std::io::{self, IsTerminal as _};

use crate::cli::{LogFormat, ServeArgs};

/// Who follows what happens, and so where it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Somebody at a terminal: events and the tasks' output are printed, as `dormouse run` prints them.
    Printed,
    /// A program: every event is a JSON object on standard output, and what else there is to say is logged.
    Events,
    /// A service manager, or a file: what happens is logged, without the tasks' output.
    Logged,
}

impl Mode {
    pub(super) fn of(args: &ServeArgs) -> Self {
        Self::choose(args.output.json, args.log_format, io::stderr().is_terminal())
    }

    const fn choose(json: bool, format: Option<LogFormat>, terminal: bool) -> Self {
        match (json, format, terminal) {
            (true, ..) => Self::Events,
            (false, None, true) => Self::Printed,
            (false, ..) => Self::Logged,
        }
    }

    /// How logs are written if nobody said.
    pub(super) const fn log_format(self) -> LogFormat {
        match self {
            Self::Events => LogFormat::Json,
            Self::Printed | Self::Logged => LogFormat::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_at_a_terminal_who_asked_for_no_logs_is_printed_to() {
        for (json, format, terminal, mode) in [
            (false, None, true, Mode::Printed),
            (false, None, false, Mode::Logged),
            (false, Some(LogFormat::Text), true, Mode::Logged),
            (true, None, true, Mode::Events),
            (true, Some(LogFormat::Text), false, Mode::Events),
        ] {
            assert_eq!(Mode::choose(json, format, terminal), mode);
        }
        assert_eq!(Mode::Events.log_format(), LogFormat::Json);
        assert_eq!(Mode::Logged.log_format(), LogFormat::Text);
    }
}
