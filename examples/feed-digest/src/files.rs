//! Files that are there whole, or not at all.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The text of a file; empty if there is none.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text,
    }
}

/// Whoever reads `path` finds the old contents or the new ones, never a part: the sandbox may go at any
/// moment.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // In the same folder, since a rename does not cross file systems.
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, bytes)?;
    fs::rename(&partial, path)
}
