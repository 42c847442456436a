//! The command line of `dormouse-conform`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::adapter::{Adapter, daemon, library, requests, serve, wasmtime};
use crate::case::{Case, CaseError, built_in, cases};
use crate::link::{Link, LinkError};
use crate::programs::{ExportError, NoProgram, Programs, export};
use crate::report::Format;
use crate::runner::{Options, Outcome, Verdict, run};

const EXIT: &str = "\
Exit codes: 0 all that could run passed, 1 a case failed, 2 usage, 3 a case is malformed, 4 an adapter broke, 5 nothing \
ran, 6 a file could not be read or written.";

/// Holds a host of background tasks against the contract.
#[derive(Debug, Parser)]
#[command(name = "dormouse-conform", version, about, after_help = EXIT)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run cases.
    Run(RunArgs),
    /// List cases, with their rules and what they need.
    List(WhichArgs),
    /// Write the programs that the cases run into a directory, as NAME.wasm.
    Programs {
        /// Where to; it is made if it does not exist.
        dir: PathBuf,
    },
    /// Be an adapter: answer requests on standard input, until it ends.
    #[command(subcommand)]
    Adapter(Which),
}

#[derive(Debug, Args)]
struct WhichArgs {
    /// Only cases whose id, or a rule of which, holds one of these texts, as in `deferral/` or `UWP-074`.
    filter: Vec<String>,

    /// Other cases than those that are built in: a folder with a folder for each area.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// How many cases at once, each with an adapter of its own.
    #[arg(long, short, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,

    /// How long an adapter may take to answer, in seconds, beside the time that it is told to let pass; ten times that
    /// for a case.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// How the report is written to standard output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,

    /// Take the programs from here, where `programs` wrote them [default: from where this was built].
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,

    /// Say nothing about each case as it ends.
    #[arg(long, short)]
    quiet: bool,

    /// The adapter: a program and its arguments [default: the library in this process].
    #[arg(last = true, value_name = "ADAPTER")]
    adapter: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// The library, in this process, on simulated time.
    Library,
    /// `dormouse serve`, on a temporary state directory, in real time.
    Daemon {
        /// Where `dormouse` is.
        #[arg(long, value_name = "PATH", default_value = "dormouse")]
        dormouse: PathBuf,
    },
    /// `wasmtime run`: for the cases that are about commands.
    Wasmtime {
        /// Where `wasmtime` is.
        #[arg(long, value_name = "PATH", default_value = "wasmtime")]
        wasmtime: PathBuf,
    },
}

/// What a run of the program came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Passed = 0,
    Failed = 1,
    Malformed = 3,
    Broken = 4,
    Nothing = 5,
    Files = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Program(#[from] NoProgram),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("what comes out cannot be written, or what is asked cannot be read")]
    Io(#[from] io::Error),
}

impl Error {
    const fn exit(&self) -> Exit {
        match self {
            Self::Case(_) => Exit::Malformed,
            Self::Link(_) => Exit::Broken,
            Self::Program(_) | Self::Export(_) | Self::Io(_) => Exit::Files,
        }
    }
}

/// The cases that are built in: their ids and their texts.
pub type Texts = &'static [(&'static str, &'static str)];

/// The program.
#[must_use]
pub fn main(texts: Texts) -> ExitCode {
    match command(Cli::parse().command, texts) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let mut text = format!("error: {error}");
            let mut next = std::error::Error::source(&error);
            while let Some(cause) = next {
                text = format!("{text}\n  because {cause}");
                next = cause.source();
            }
            // Nobody is left to be told.
            let _ = writeln!(io::stderr(), "{text}");
            error.exit().into()
        }
    }
}

fn command(command: Command, texts: Texts) -> Result<Exit, Error> {
    match command {
        Command::Run(args) => run_cases(&args, texts),
        Command::List(args) => {
            for case in selected(&args, texts)? {
                let needs: Vec<&str> = case.needs.iter().map(|need| need.as_str()).collect();
                let (rules, needs) = (case.rule.join(" "), needs.join(" "));
                writeln!(io::stdout(), "{:<44} {}\n{:<44} {rules}; needs {needs}", case.id, case.title, "")?;
            }
            Ok(Exit::Passed)
        }
        Command::Programs { dir } => {
            let written = export(&dir)?;
            writeln!(io::stdout(), "{written} programs in {}", dir.display())?;
            Ok(Exit::Passed)
        }
        Command::Adapter(which) => {
            let (mut library, mut daemon, mut wasmtime);
            let adapter: &mut dyn Adapter = match which {
                Which::Library => {
                    library = library::LibraryAdapter::default();
                    &mut library
                }
                Which::Daemon { dormouse } => {
                    daemon = daemon::DaemonAdapter::new(dormouse)?;
                    &mut daemon
                }
                Which::Wasmtime { wasmtime: program } => {
                    wasmtime = wasmtime::WasmtimeAdapter::new(program)?;
                    &mut wasmtime
                }
            };
            serve(adapter, requests(io::stdin().lock()), &mut io::stdout().lock())?;
            Ok(Exit::Passed)
        }
    }
}

fn selected(args: &WhichArgs, texts: Texts) -> Result<Vec<Case>, CaseError> {
    let all = match &args.cases {
        Some(folder) => cases(folder)?,
        None => built_in(texts)?,
    };
    Ok(all.into_iter().filter(|case| wanted(case, &args.filter)).collect())
}

fn wanted(case: &Case, filter: &[String]) -> bool {
    let holds = |text: &String| {
        case.id.contains(text.as_str()) || case.rule.iter().any(|rule| rule.contains(text.as_str()))
    };
    filter.is_empty() || filter.iter().any(holds)
}

fn run_cases(args: &RunArgs, texts: Texts) -> Result<Exit, Error> {
    let cases = selected(&args.which, texts)?;
    let programs = args.programs.clone().map_or_else(Programs::default, Programs::from_folder);
    programs.are_there(&cases)?;
    let connect = || match args.adapter.as_slice() {
        [] => Ok(Link::thread(library::LibraryAdapter::default)),
        command => Link::process(command),
    };
    let timeout = Duration::from_secs(args.timeout);
    let options = Options { jobs: usize::from(args.jobs), timeout, programs };
    let told = |outcome: &Outcome| {
        if !args.quiet {
            // A report that nobody reads is no reason to stop.
            let _ = writeln!(io::stderr(), "{:<8}{}", word(&outcome.verdict), outcome.id);
        }
    };
    let report = run(&cases, &connect, &options, &told)?;
    write!(io::stdout(), "{}", args.format.write(&report))?;
    let tally = report.tally(None);
    Ok(match (tally.broken, tally.failed, tally.passed) {
        (1.., ..) => Exit::Broken,
        (0, 1.., _) => Exit::Failed,
        (0, 0, 0) => Exit::Nothing,
        (0, 0, 1..) => Exit::Passed,
    })
}

const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "ok",
        Verdict::Failed(_) => "FAILED",
        Verdict::Skipped(_) => "skipped",
        Verdict::Broken(_) => "BROKEN",
    }
}
