//! A program of WASI, no task: writes what a terminal would obey.

use test_programs::say;

fn main() {
    say("\x1b[2Jcleared\x1b]52;c;eA==\x07");
}
