//! How a program ended: the exit code, and what is said of it.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use dormouse::command::{Ended, Exit as ProgramExit};
use dormouse_control::api::{OutcomeView, ReceiptView};
use serde::Serialize;

use crate::cli::RunCommandArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::escape::escape;
use crate::output::{json_line, output_failed, receipt_rows, row_lines};

/// The file name that stands for standard error.
const STDERR: &str = "-";

/// What programs are told.
#[derive(Debug, Serialize)]
struct Report {
    /// What it exited with, in its grace as well; none if it did not.
    exit: Option<i32>,
    #[serde(flatten)]
    outcome: OutcomeView,
    receipt: ReceiptView,
}

/// Says how it ended to whoever wants to know, and answers what to exit with.
pub(super) fn tell(
    args: &RunCommandArgs,
    ended: Ended,
    asked: Option<Exit>,
    color: ColorChoice,
) -> Result<Exit> {
    let report =
        Report { exit: ended.code, outcome: (&ended.outcome).into(), receipt: (&ended.receipt).into() };
    let mut err = AutoStream::new(io::stderr(), color);
    if let Some(file) = &args.json {
        let line = json_line(&report)?;
        if file.as_os_str() == STDERR {
            // Who does not read standard error misses something, and that is all.
            let _ = writeln!(err, "{line}");
        } else {
            write(file, &line)?;
        }
    }
    if args.verbose {
        for (label, text) in receipt_rows(&report.outcome, &report.receipt) {
            for (label, line) in row_lines(label, &text) {
                let _ = writeln!(err, "  {label:<12} {}", escape(line));
            }
        }
    }
    if let (ProgramExit::Code(0), Some(error)) = (ended.exit, &ended.stdout_error) {
        return output_failed(error);
    }
    // What is for programs is said once.
    let says = args.json.as_deref() != Some(Path::new(STDERR));
    let failed = |exit, what: &str, help: &str| {
        if !says {
            return Ok(exit);
        }
        Err(Failure::new(exit, format!("`{}` {what}", args.file().display()))
            .caused_by([ended.outcome.to_string()])
            .help(help))
    };
    match ended.exit {
        ProgramExit::Code(code) => Ok(Exit::Program(low_byte(code))),
        ProgramExit::Limit => failed(
            Exit::Limit,
            "reached a limit",
            "give it more with --limit, or --class; --verbose shows what it used",
        ),
        ProgramExit::Stopped => Ok(asked.unwrap_or(Exit::Failed)),
        _ => failed(Exit::Trap, "trapped", "--verbose shows what it used; what it wrote may say why"),
    }
}

fn write(file: &Path, line: &str) -> Result<()> {
    fs::write(file, format!("{line}\n")).map_err(|error| {
        Failure::new(Exit::Output, format!("--json: `{}` cannot be written", file.display()))
            .because(&error)
            .help("name a file that you may write")
    })
}

/// As the operating system has it: exit codes have eight bits.
const fn low_byte(code: i32) -> u8 {
    code.to_le_bytes()[0]
}
