//! Asks to be restarted (UWP-143), with the rest of the arguments that it is launched with: `restart:REST` in `launched`,
//! `restart-twice:REST` there twice, `restart-hidden:REST` when it next hears `entered-background`. Says
//! `restart arguments="REST" answer=A` with `ok`, `pending`, `not-in-foreground` or `too-long`; of `restart-long:N`, which
//! asks with so many bytes, `restart bytes=N answer=A`.
//!
//! It is in the background while it is launched first. Launched again while it is seen it is in the foreground.

use std::cell::RefCell;
use std::rc::Rc;

use dormouse_guest::app::control::{RestartError, restart};
use test_programs::app::Program;
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Restarts {
    hidden: RefCell<Option<String>>,
}

fn asks(arguments: &str) {
    say(format_args!("restart arguments={arguments:?} answer={}", answer(arguments)));
}

fn answer(arguments: &str) -> &'static str {
    match restart(arguments) {
        Ok(()) => "ok",
        Err(RestartError::Pending) => "pending",
        Err(RestartError::NotInForeground) => "not-in-foreground",
        Err(RestartError::TooLong) => "too-long",
        Err(_) => "unknown",
    }
}

impl Program for Restarts {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        match &*heard {
            Heard::Launched(args) => match args.arguments.split_once(':') {
                Some(("restart", rest)) => asks(rest),
                Some(("restart-twice", rest)) => {
                    asks(rest);
                    asks(rest);
                }
                Some(("restart-long", bytes)) => {
                    let arguments = "x".repeat(bytes.parse().expect("a number of bytes"));
                    say(format_args!("restart bytes={bytes} answer={}", answer(&arguments)));
                }
                Some(("restart-hidden", rest)) => {
                    self.hidden.replace(Some(rest.to_owned()));
                }
                _ => {}
            },
            Heard::EnteredBackground(_) => {
                if let Some(rest) = self.hidden.take() {
                    asks(&rest);
                }
            }
            _ => {}
        }
    }
}

app_program!(Restarts);

fn main() {}
