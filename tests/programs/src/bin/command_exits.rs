//! A program of WASI, no task: exits with the code in its argument, and not by returning.

use wasip2::cli::exit::exit_with_code;

fn main() {
    // Rust's own way out knows two codes on this target.
    exit_with_code(std::env::args().nth(1).expect("a code").parse().expect("a number"));
}
