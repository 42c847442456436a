//! A program of WASI, no task: writes as many MiB to its standard output as its argument says.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let count: usize = std::env::args().nth(1).expect("a number").parse().expect("a number");
    let mut out = io::stdout();
    for _ in 0..count {
        out.write_all(&[b'x'; 1024 * 1024])?;
    }
    Ok(())
}
