//! Exit codes. They are part of the interface: scripts and service managers branch on them.

use std::process::ExitCode;

use dormouse_control::api::OutcomeView;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every activation succeeded, or there was nothing to do; what was asked for was done.
    Success,
    /// An activation failed, trapped or abandoned its deferrals, or a request was refused.
    Failed,
    /// The command line asks for what cannot be, or for what nobody agreed to. Also what `clap` exits with.
    Usage,
    /// An activation was cancelled: a limit of its own was reached. Whether it ended by itself or by force
    /// is in its receipt.
    Canceled,
    /// The component or its package cannot be built, installed or run here.
    Component,
    /// The state directory cannot be used, or a write to it failed.
    State,
    /// No host can be reached that would do it: none is running, or it does not answer.
    Unreachable,
    /// What a program of WASI exited with.
    Program(u8),
    /// A program of WASI was stopped at a limit. As `timeout` of coreutils has it.
    Limit,
    /// A program of WASI trapped. As a process that aborts, and as other runners of such programs have it.
    Trap,
    /// A bug in Dormouse, or a machine that lacks what it needs. As `EX_SOFTWARE` of `sysexits.h`.
    Internal,
    /// Standard output could not be written. As `EX_IOERR` of `sysexits.h`.
    Output,
    /// Ended by this signal, as shells say it: 128 and the signal's number.
    Signal(u8),
}

impl Exit {
    /// The number that the process exits with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Canceled => 3,
            Self::Component => 4,
            Self::State => 5,
            Self::Unreachable => 6,
            Self::Program(code) => code,
            Self::Limit => 124,
            Self::Trap => 134,
            Self::Internal => 70,
            Self::Output => 74,
            Self::Signal(number) => 128_u8.saturating_add(number),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What a run's outcome is to whoever waited for it.
impl From<&OutcomeView> for Exit {
    fn from(outcome: &OutcomeView) -> Self {
        match outcome {
            OutcomeView::Succeeded => Self::Success,
            OutcomeView::Canceled { .. } => Self::Canceled,
            OutcomeView::Failed { .. }
            | OutcomeView::Trapped { .. }
            | OutcomeView::DeferralAbandoned { .. }
            | OutcomeView::Interrupted => Self::Failed,
        }
    }
}

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    every activation succeeded, or nothing was pending; it was done
  1    an activation failed, trapped or abandoned its deferrals, or was refused
  2    the command line asks for what cannot be, or for what nobody agreed to
  3    an activation was cancelled because it reached a limit
  4    the component or its package cannot be built, installed or run
  5    the state directory cannot be used
  6    no host can be reached: none is running, or it does not answer
  70   an internal error
  74   standard output could not be written
  124  run-command: the program reached a limit
  134  run-command: the program trapped; any other code may be the program's own
  130  interrupted (Ctrl-C); likewise 129 for SIGHUP, 143 for SIGTERM";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code() {
        use Exit::{
            Canceled, Component, Failed, Internal, Limit, Output, Signal, State, Success, Trap, Unreachable,
            Usage,
        };
        for exit in [
            Success,
            Failed,
            Usage,
            Canceled,
            Component,
            State,
            Unreachable,
            Internal,
            Limit,
            Output,
            Trap,
            Signal(2),
            Signal(1),
            Signal(15),
        ] {
            let code = exit.code().to_string();
            let words = HELP.split(|c: char| !c.is_ascii_digit());
            assert!(words.into_iter().any(|word| word == code), "{code} is not in the help");
        }
    }
}
