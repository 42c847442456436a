//! A program of WASI, no task: says what arguments and environment it was given, and whether it has terminals.

use std::io::{self, IsTerminal as _};

use test_programs::say;

fn main() {
    for argument in std::env::args() {
        say(argument);
    }
    for (name, value) in std::env::vars() {
        say(format_args!("{name}={value}"));
    }
    say(io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal());
}
