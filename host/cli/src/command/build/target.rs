//! The compilation target that tasks need.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{TARGET, refused};
use crate::error::Result;

/// Makes sure that the toolchain of `directory` has the target, installing it if it can.
pub(super) fn require(directory: &Path) -> Result<()> {
    if is_installed(directory) != Some(false) {
        // If it cannot be told, cargo will tell.
        return Ok(());
    }
    let added = Command::new("rustup")
        .current_dir(directory)
        .args(["target", "add", TARGET])
        .stdin(Stdio::null())
        // Standard output is for the task.
        .stdout(std::io::stderr())
        .status();
    let failure = refused(format!("the toolchain lacks the target {TARGET}, and it could not be added"));
    let failure = match added {
        Ok(status) if status.success() => return Ok(()),
        Ok(_) => failure,
        Err(error) => failure.because(&error),
    };
    Err(failure.help(format!("run `rustup target add {TARGET}`")))
}

fn is_installed(directory: &Path) -> Option<bool> {
    let output = Command::new("rustc")
        .current_dir(directory)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let path = String::from_utf8(output.stdout).ok()?;
    Some(Path::new(path.trim_end()).is_dir())
}
