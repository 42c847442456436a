//! The other side of a compilation: a process that compiles one component, and can be killed.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use rustix::thread::set_no_new_privs;

use super::protocol::{Answer, Job, frame, read_frame};
use super::{adapt, reason};
use crate::engine::{self, Fingerprint, MemoryInit};

/// How far a compilation stands back behind everything else on the machine: guests run now, and an installation
/// can wait.
const NICENESS: i32 = 10;

/// Compiles one component for a host that started this process as its [`Compiler::Worker`](super::Compiler).
///
/// To be called first thing in `main`, when the program's arguments say so, and to end the process with. It takes
/// standard input and output for itself, and before it looks at the component it gives up what a compiler does
/// not need: address space and CPU time above the limits, new privileges, core dumps, and its priority. When
/// its host dies, it ends.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     if std::env::args_os().nth(1).is_some_and(|arg| arg == "compile-worker") {
///         return dormouse::compile_worker();
///     }
///     // ...
/// #   std::process::ExitCode::SUCCESS
/// }
/// ```
#[must_use]
pub fn compile_worker() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If nobody can be told, the exit code is all that is left.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> io::Result<()> {
    set_no_new_privs(true)?;
    setrlimit(Resource::Core, limit(0))?;
    nice(NICENESS)?;
    // Without a buffer, which would read beyond the job.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let job: Job = read_frame(&mut input)?;
    setrlimit(Resource::As, limit(job.memory_bytes))?;
    setrlimit(Resource::Cpu, limit(job.cpu_seconds))?;
    let (answer, code) = match component(&mut input, job.len)? {
        Some(bytes) => {
            end_with_the_host(input)?;
            compile(&bytes, job.memory_init)
        }
        None => (Answer::OutOfMemory, Vec::new()),
    };
    let mut output = io::stdout().lock();
    output.write_all(&frame(&answer)?)?;
    output.write_all(&code)?;
    output.flush()
}

const fn limit(most: u64) -> Rlimit {
    Rlimit { current: Some(most), maximum: Some(most) }
}

/// The component; none if there is no room for it.
fn component(input: &mut File, len: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let room = usize::try_from(len).ok().and_then(|len| bytes.try_reserve_exact(len).ok());
    if room.is_none() {
        return Ok(None);
    }
    input.take(len).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != len {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the host ended before the component did"));
    }
    Ok(Some(bytes))
}

/// The host keeps the pipe open while it waits. The kernel's own signal at a parent's death is of no use here: it
/// comes at the end of the thread that started this process, and hosts are pools of threads.
fn end_with_the_host(mut input: File) -> io::Result<()> {
    let watch = move || {
        let _ = input.read(&mut [0]);
        std::process::exit(1);
    };
    std::thread::Builder::new().name("dormouse-host".to_owned()).spawn(watch)?;
    Ok(())
}

fn compile(bytes: &[u8], memory_init: MemoryInit) -> (Answer, Vec<u8>) {
    // A host sends modules without a component only where a command may be one.
    let component = match adapt::adapted(bytes) {
        Ok(component) => component,
        Err(reason) => return (Answer::Invalid { reason }, Vec::new()),
    };
    let compiled = engine::compiler_only(memory_init).and_then(|engine| {
        let code = engine.precompile_component(&component)?;
        Ok((Fingerprint::of(&engine).to_string(), code))
    });
    match compiled {
        Ok((fingerprint, code)) => (Answer::Compiled { fingerprint, len: code.len() as u64 }, code),
        Err(error) if is_out_of_memory(&error) => (Answer::OutOfMemory, Vec::new()),
        Err(error) => (Answer::Invalid { reason: reason(&error) }, Vec::new()),
    }
}

/// An allocation that Rust cannot answer with an error aborts the process instead: the host sees to that.
fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    error.is::<wasmtime::OutOfMemory>()
        || error.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::OutOfMemory)
                || cause.downcast_ref::<rustix::io::Errno>() == Some(&rustix::io::Errno::NOMEM)
        })
}
