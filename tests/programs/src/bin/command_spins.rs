//! A program of WASI, no task: says so, and computes for ever.

use test_programs::{compute, say};

fn main() {
    say("spinning");
    loop {
        compute();
    }
}
