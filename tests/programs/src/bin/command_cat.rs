//! A program of WASI, no task: copies its standard input to its standard output.

use std::io;

fn main() -> io::Result<()> {
    io::copy(&mut io::stdin(), &mut io::stdout()).map(drop)
}
