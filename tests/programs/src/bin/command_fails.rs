//! A program of WASI, no task: its `main` answers an error.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::FAILURE
}
