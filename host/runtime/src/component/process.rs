//! This side of a compilation: starts a worker, feeds it, waits no longer than allowed, and always reaps it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::LazyLock;

use dormouse_core::Clock as _;
use dormouse_core::outcome::bounded_message;
use futures::future::{Either, join4, select};
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::compile::CompileLimits;
use super::protocol::{ANSWER_LEN_MAX, Answer, CODE_LEN_MAX, Job, frame, read_frame};
use super::{Code, ComponentError};
use crate::clock::TokioClock;
use crate::engine::{Engine, Fingerprint, MemoryInit};

/// The most threads of one worker. More gain little, and each takes address space from the limit.
const THREADS_MAX: usize = 4;

/// CPU time that a worker may have beyond what its deadline allows, in seconds. The kernel's limit is for workers
/// that nobody watches any more.
const CPU_SPARE_SECONDS: u64 = 2;

/// How much of a worker's standard error is kept, in bytes: a panic's message or that of a failed allocation.
const SAID_LEN_MAX: u64 = 16 * 1024;

static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));

/// Compilations at once in this process, whichever hosts they are for.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(*CORES));

/// Everything that a worker had to say.
struct Ended {
    status: ExitStatus,
    answer: Vec<u8>,
    said: String,
}

/// Has `bytes` compiled. Dropping the future kills the worker.
pub(super) async fn compile(
    executable: &Path,
    args: &[OsString],
    limits: CompileLimits,
    engine: &Engine,
    bytes: &[u8],
) -> Result<Code, ComponentError> {
    // An error would be that the semaphore is closed, which nobody does.
    let _turn = TURNS.acquire().await;
    let missing = |source| ComponentError::WorkerMissing { path: executable.to_owned(), source };
    let threads = (*CORES).min(THREADS_MAX);
    let mut child = scopeguard::guard(start(executable, args, threads).map_err(missing)?, end);
    let job = Job {
        memory_bytes: limits.memory_bytes,
        cpu_seconds: limits.time.as_secs().saturating_mul(threads as u64).saturating_add(CPU_SPARE_SECONDS),
        memory_init: MemoryInit::of(engine.wasmtime()),
        len: bytes.len() as u64,
    };
    let clock = TokioClock::new(Handle::current());
    let deadline = clock.sleep_until(clock.now() + limits.time);
    let ended = match select(std::pin::pin!(converse(&mut child, job, bytes)), deadline).await {
        Either::Left((ended, _)) => Some(ended),
        Either::Right(_) => None,
    };
    match ended {
        Some(Ok(ended)) => judge(executable, limits, &engine.fingerprint(), ended),
        Some(Err(error)) => {
            let _ = child.kill().await;
            Err(ComponentError::CompileCrashed { signal: None, said: bounded_message(error.to_string()) })
        }
        None => {
            // An error is that it has ended.
            let _ = child.kill().await;
            Err(ComponentError::CompileTimeout { limit: limits.time })
        }
    }
}

fn start(executable: &Path, args: &[OsString], threads: usize) -> io::Result<Child> {
    if !executable.is_absolute() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is not absolute"));
    }
    let mut command = Command::new(executable);
    command.args(args).env_clear().env("RAYON_NUM_THREADS", threads.to_string()).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn()
}

/// The end of a worker that nobody waits for any more. One that is only dropped would be reaped when the runtime next
/// has something else to do, which may be never.
fn end(mut child: Child) {
    // An error is that it has ended.
    if matches!(child.try_wait(), Ok(None))
        && child.start_kill().is_ok()
        && let Ok(runtime) = Handle::try_current()
    {
        runtime.spawn(async move { child.wait().await });
    }
}

/// Sends the job, reads what comes back, and reaps.
async fn converse(child: &mut Child, job: Job, bytes: &[u8]) -> io::Result<Ended> {
    let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let send = async {
        if let Some(stdin) = &mut stdin {
            // An error is that it reads no more: how it ended says why.
            if let Ok(job) = frame(&job)
                && stdin.write_all(&job).await.is_ok()
            {
                let _ = stdin.write_all(bytes).await;
            }
        }
        // Kept open until all is over: its end would tell the worker that the host has died.
    };
    let all = join4(send, read(stdout, ANSWER_LEN_MAX + 1), read(stderr, SAID_LEN_MAX), child.wait());
    let ((), answer, said, status) = all.await;
    drop(stdin);
    Ok(Ended { status: status?, answer: answer?, said: String::from_utf8_lossy(&said?).into_owned() })
}

/// Reads to the end and keeps `most` bytes of it.
async fn read(from: Option<impl AsyncRead + Unpin>, most: u64) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        (&mut from).take(most).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    }
    Ok(kept)
}

fn judge(
    executable: &Path,
    limits: CompileLimits,
    fingerprint: &Fingerprint,
    ended: Ended,
) -> Result<Code, ComponentError> {
    let Ended { status, answer, said } = ended;
    if !status.success() {
        return Err(death(status, &said, limits));
    }
    let unfit = |reason: String| ComponentError::WorkerUnfit { path: executable.to_owned(), reason };
    let mut rest = answer.as_slice();
    let head: Answer =
        read_frame(&mut rest).map_err(|error| unfit(format!("it answered nothing of use ({error})")))?;
    match head {
        Answer::Compiled { fingerprint: theirs, .. } if theirs != fingerprint.to_string() => {
            Err(unfit("it is of another version, or has another compiler".to_owned()))
        }
        Answer::Compiled { len, .. } if len > CODE_LEN_MAX => {
            Err(ComponentError::CodeTooLarge { limit: CODE_LEN_MAX })
        }
        Answer::Compiled { len, .. } if len != rest.len() as u64 => {
            Err(unfit(format!("it promised {len} bytes of code and sent {}", rest.len())))
        }
        Answer::Compiled { .. } => {
            let head = answer.len() - rest.len();
            let mut code = answer;
            code.drain(..head);
            Ok(Code(code))
        }
        Answer::Invalid { reason } => Err(ComponentError::Invalid { reason: bounded_message(reason) }),
        Answer::OutOfMemory => Err(ComponentError::CompileMemory { limit: limits.memory_bytes }),
    }
}

/// Why a worker that answered nothing has died.
///
/// An allocation that fails aborts a Rust program, with a line on standard error that the standard library has
/// written since its first version; without it nothing tells this end from that of a fault. It decides which
/// error is told, and nothing else.
fn death(status: ExitStatus, said: &str, limits: CompileLimits) -> ComponentError {
    let signal = status.signal();
    let is = |expected: Signal| signal == Some(expected.as_raw());
    if is(Signal::ABORT) && said.contains("memory allocation of ") && said.contains(" bytes failed") {
        return ComponentError::CompileMemory { limit: limits.memory_bytes };
    }
    if is(Signal::XCPU) {
        return ComponentError::CompileTimeout { limit: limits.time };
    }
    let said = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let said = if said.is_empty() { "it said nothing".to_owned() } else { bounded_message(said) };
    ComponentError::CompileCrashed { signal, said }
}

#[cfg(test)]
mod tests;
