//! A program of WASI, no task: copies the file in its first argument to the one in its second.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut paths = env::args().skip(1);
    let (from, to) = (paths.next().expect("a path"), paths.next().expect("another"));
    fs::copy(from, to).map(drop)
}
