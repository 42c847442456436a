//! `dormouse run-command`: one program, once, without a host that anybody else could ask.

mod report;
mod shown;

use std::io::{self, IsTerminal as _};
use std::path::Path;

use anstream::ColorChoice;
use dormouse::command::{CommandError, Ended, Input, Invocation, Output, Program, Running};
use dormouse::{Engine, Grants, Host, HostError, LimitsRequest};
use tokio::io::AsyncWrite;

use self::shown::Shown;
use crate::cli::RunCommandArgs;
use crate::command::compile_worker;
use crate::command::run::component::{read, refused};
use crate::command::run::plan::{grant_failed, with_env};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground;
use crate::host;
use crate::parse::LimitArg;
use crate::signals::Signals;

/// How the waiting for a program ended.
enum Waited {
    /// The program has ended; and somebody had asked for it, by the signal that is the exit.
    Ended(Box<Ended>, Option<Exit>),
    /// Nobody waits any more.
    Left(Exit),
}

pub(crate) fn run_command(args: &RunCommandArgs, color: ColorChoice) -> Result<Exit> {
    foreground::start_logs(args.verbose, None, color);
    let invocation = invocation(args)?;
    let engine = host::small_engine()?;
    let runtime = host::runtime()?;
    let waited = runtime.block_on(async {
        let mut signals = Signals::listen()
            .map_err(|error| Failure::internal("signals cannot be listened to").because(&error))?;
        // Nothing of it runs yet: whoever wants it to end need not wait.
        let running = tokio::select! {
            started = start(&engine, args.file(), invocation) => started?,
            exit = signals.next() => return Ok(Waited::Left(exit)),
        };
        wait(running, signals).await
    });
    // A standard input that is being read, or an output that nobody reads, must not keep this process.
    runtime.shutdown_background();
    match waited? {
        Waited::Ended(ended, asked) => report::tell(args, *ended, asked, color),
        Waited::Left(exit) => Ok(exit),
    }
}

/// Waits for the end. The first signal cancels, the second kills, and at the third nothing is waited for.
async fn wait(running: Running, mut signals: Signals) -> Result<Waited> {
    let stopper = running.stopper();
    let mut ended = std::pin::pin!(running.ended());
    let mut asked = None;
    loop {
        let exit = tokio::select! {
            biased;
            ended = &mut ended => {
                let ended = ended.map_err(|error| not_started(&error))?;
                return Ok(Waited::Ended(Box::new(ended), asked));
            }
            exit = signals.next() => exit,
        };
        match asked.replace(exit) {
            None if stopper.cancel("a signal asked for its end") => {}
            Some(_) if stopper.kill("a second signal asked for its end") => {}
            // It has ended, but for what nobody reads.
            _ => return Ok(Waited::Left(exit)),
        }
    }
}

async fn start(engine: &Engine, file: &Path, invocation: Invocation) -> Result<Running> {
    let program = load(engine, file).await?;
    program.start(Host::builder(), invocation).await.map_err(|error| not_started(&error))
}

async fn load(engine: &Engine, file: &Path) -> Result<Program> {
    // It may be a pipe, which nobody writes to yet.
    let path = file.to_owned();
    let reading = move || read(&path, "give the path of a component or a core module (.wasm)");
    let read = tokio::task::spawn_blocking(reading).await;
    let bytes = read.map_err(|error| Failure::internal("a file cannot be read").because(&error))??;
    let cache = compile_worker::cache();
    let loaded = Program::load(engine, &compile_worker::compiler(), cache.as_ref(), bytes).await;
    loaded.map_err(|error| refused(file, &error))
}

fn invocation(args: &RunCommandArgs) -> Result<Invocation> {
    // What is said last counts.
    let limits = LimitArg::all(&args.limit);
    let limits = LimitsRequest { class: args.class.or(limits.class), ..limits };
    Ok(Invocation {
        args: argv(args),
        grants: grants(args)?,
        limits,
        stdin: Input::inherited(),
        stdout: passed_to(tokio::io::stdout(), io::stdout().is_terminal()),
        stderr: passed_to(tokio::io::stderr(), io::stderr().is_terminal()),
    })
}

/// Bytes as they are, but to a terminal.
fn passed_to(stream: impl AsyncWrite + Send + Unpin + 'static, terminal: bool) -> Output {
    if terminal { Output::new(Shown::new(stream)) } else { Output::new(stream) }
}

/// The program's own name, and what follows it.
fn argv(args: &RunCommandArgs) -> Vec<String> {
    let own = || args.file().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = args.argv0.clone().unwrap_or_else(own);
    std::iter::once(name).chain(args.args().cloned()).collect()
}

fn grants(args: &RunCommandArgs) -> Result<Grants> {
    let mut grants = Grants::none();
    for dir in &args.dir {
        grants = grants
            .with_preopen(&dir.host, &dir.guest, dir.access)
            .map_err(|error| grant_failed("--dir", &error))?;
    }
    for host in &args.net {
        grants = grants.with_host(host.clone());
    }
    with_env(grants, &args.env)
}

fn not_started(error: &CommandError) -> Failure {
    match error {
        CommandError::Host(HostError::Registration(error)) => Failure::from_error(Exit::Usage, error)
            .help("write --limit with a figure that the host allows, or leave it out"),
        CommandError::Args { .. } | CommandError::Nul { .. } => Failure::from_error(Exit::Usage, error),
        error => Failure::from_error(Exit::Internal, error),
    }
}
