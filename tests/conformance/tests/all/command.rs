//! Programs without a registration: what they are given, how they end, and that they are contained as tasks are.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use dormouse::command::{
    ARGS_BYTES_MAX, CommandError, Ended, Exit, Input, Invocation, Output, PIPE_BYTES, Program,
};
use dormouse::{
    Access, CompileLimits, Component, ComponentError, Engine, EngineConfig, Grants, Host, LimitsRequest,
    Outcome, Pooling,
};
use test_artifacts as programs;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::compile::worker;
use crate::component;

fn engine() -> Engine {
    Engine::new(&EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() }).unwrap()
}

fn block_on<R>(work: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// What a program wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl AsyncWrite for Written {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs a program to its end; answers also what it wrote to standard output.
async fn ran(path: &str, invocation: Invocation) -> (Ended, String) {
    let program = Program::compile(&engine(), &component(path)).unwrap();
    let written = Written::default();
    let invocation = Invocation { stdout: Output::new(written.clone()), ..invocation };
    let running = program.start(Host::builder(), invocation).await.unwrap();
    (running.ended().await.unwrap(), written.text())
}

fn run(path: &str, args: &[&str]) -> (Ended, String) {
    block_on(ran(path, with(args)))
}

fn with(args: &[&str]) -> Invocation {
    let args = std::iter::once("program").chain(args.iter().copied()).map(str::to_owned).collect();
    Invocation { args, ..Invocation::default() }
}

fn short() -> LimitsRequest {
    LimitsRequest {
        cpu: Some(Duration::from_millis(50)),
        grace: Some(Duration::from_millis(50)),
        memory_bytes: Some(16 * 1024 * 1024),
        ..LimitsRequest::default()
    }
}

#[test]
pub(crate) fn command_says() {
    let grants = Grants::none().with_env("NUTS", "3").unwrap();
    let (ended, said) = block_on(ran(programs::COMMAND_SAYS, Invocation { grants, ..with(&["-x", ""]) }));
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(said, "program\n-x\n\nNUTS=3\nfalse\n");
    assert_eq!(ended.receipt.stdout_bytes, said.len() as u64);
    assert_eq!(ended.receipt.output_dropped_bytes, 0);
}

#[test]
pub(crate) fn command_cat() {
    let text = "acorns\n".repeat(PIPE_BYTES);
    let stdin = Input::new(io::Cursor::new(text.clone()));
    let (ended, said) = block_on(ran(programs::COMMAND_CAT, Invocation { stdin, ..with(&[]) }));
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(said.len(), text.len());
    assert!(said == text);
    // Without an input there is none.
    assert_eq!(run(programs::COMMAND_CAT, &[]).1, "");
}

#[test]
pub(crate) fn command_exits() {
    for code in [0, 1, 3, 42, 255] {
        let (ended, _) = run(programs::COMMAND_EXITS, &[&code.to_string()]);
        assert_eq!(ended.exit, Exit::Code(code));
        assert_eq!(ended.outcome.is_success(), code == 0);
    }
}

#[test]
pub(crate) fn command_fails() {
    assert_eq!(run(programs::COMMAND_FAILS, &[]).0.exit, Exit::Code(1));
}

#[test]
pub(crate) fn command_panics() {
    let (ended, _) = run(programs::COMMAND_PANICS, &[]);
    assert_eq!(ended.exit, Exit::Trapped);
    assert!(ended.receipt.stderr_bytes > 0);
}

#[test]
pub(crate) fn command_spins() {
    let (ended, said) = block_on(ran(programs::COMMAND_SPINS, Invocation { limits: short(), ..with(&[]) }));
    assert_eq!(ended.exit, Exit::Limit);
    let Outcome::Canceled { cancellation, forced: true } = &ended.outcome else {
        panic!("{}", ended.outcome)
    };
    assert_eq!(cancellation.policy, "cpu");
    assert!(ended.receipt.cpu >= Duration::from_millis(50));
    assert_eq!(said, "spinning\n", "what was written before a kill is passed on");
}

#[test]
fn a_program_is_cancelled_and_killed_by_whoever_started_it() {
    block_on(async {
        let program = Program::compile(&engine(), &component(programs::COMMAND_SPINS)).unwrap();
        let (mut reader, writer) = tokio::io::duplex(1024);
        let invocation = Invocation { stdout: Output::new(writer), ..with(&[]) };
        let running = program.start(Host::builder(), invocation).await.unwrap();
        let stopper = running.stopper();
        reader.read_exact(&mut [0; 9]).await.unwrap();
        assert!(stopper.cancel("a test"));
        assert!(stopper.kill("a test"));
        let ended = running.ended().await.unwrap();
        assert_eq!(ended.exit, Exit::Stopped);
        assert!(!stopper.cancel("too late") && !stopper.kill("too late"));
    });
}

#[test]
pub(crate) fn command_grows() {
    let (ended, _) = block_on(ran(programs::COMMAND_GROWS, Invocation { limits: short(), ..with(&[]) }));
    assert_eq!(ended.exit, Exit::Limit, "{}", ended.outcome);
    assert!(ended.receipt.memory_refusals > 0);
    assert!(ended.receipt.peak_memory_bytes <= 16 * 1024 * 1024);
}

#[test]
pub(crate) fn command_floods() {
    const MIB: u64 = 1024 * 1024;
    // More than would be kept of a task's output.
    let (ended, said) = run(programs::COMMAND_FLOODS, &["3"]);
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!((said.len() as u64, ended.receipt.stdout_bytes), (3 * MIB, 3 * MIB));
}

#[test]
fn a_program_waits_for_a_reader_who_is_slow_and_is_told_of_one_who_has_left() {
    block_on(async {
        let program = Program::compile(&engine(), &component(programs::COMMAND_FLOODS)).unwrap();
        let (mut reader, writer) = tokio::io::duplex(1024);
        let invocation = Invocation { stdout: Output::new(writer), ..with(&["64"]) };
        let running = program.start(Host::builder(), invocation).await.unwrap();
        let mut some = vec![0; 4 * PIPE_BYTES];
        reader.read_exact(&mut some).await.unwrap();
        drop(reader);
        let ended = running.ended().await.unwrap();
        // What it makes of it is its own affair: `main` answers the error.
        assert_eq!(ended.exit, Exit::Code(1), "{}", ended.outcome);
        assert_eq!(ended.stdout_error.unwrap().kind(), io::ErrorKind::BrokenPipe);
        // What was read, and no more than a pipe, what lay in the reader's, and what one write carries.
        let most = (some.len() + 2 * PIPE_BYTES) as u64;
        assert!(ended.receipt.stdout_bytes <= most, "{} above {most}", ended.receipt.stdout_bytes);
    });
}

#[test]
pub(crate) fn command_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "acorns").unwrap();
    let grants = |name: &str, access| Grants::none().with_preopen(folder.path(), name, access).unwrap();
    let copy = |from: &str, to: &str, grants| {
        block_on(ran(programs::COMMAND_FILES, Invocation { grants, ..with(&[from, to]) })).0.exit
    };
    assert_eq!(copy("/data/a", "/data/b", grants("/data", Access::ReadWrite)), Exit::Code(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("b")).unwrap(), "acorns");
    // Other names by which programs find what they are given.
    assert_eq!(copy("data/a", "data/c", grants("data", Access::ReadWrite)), Exit::Code(0));
    assert_eq!(copy("a", "d", grants(".", Access::ReadWrite)), Exit::Code(0));
    assert_eq!(copy("/a", "/e", grants("/", Access::ReadWrite)), Exit::Code(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    assert_eq!(copy("/data/a", "/data/f", grants("/data", Access::ReadOnly)), Exit::Code(1));
    assert_eq!(copy("/data/a", "/data/../../f", grants("/data", Access::ReadWrite)), Exit::Code(1));
    assert_eq!(copy("/etc/passwd", "/data/f", grants("/data", Access::ReadWrite)), Exit::Code(1));
    for name in ["", "..", "a/..", "a//b", "/.", "./a", "a\0"] {
        assert!(Grants::none().with_preopen(folder.path(), name, Access::ReadOnly).is_err(), "{name:?}");
    }
}

#[test]
pub(crate) fn command_dials() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let grants = Grants::none().with_host(address.parse().unwrap());
    let (ended, said) = block_on(ran(programs::COMMAND_DIALS, Invocation { grants, ..with(&[&address]) }));
    assert_eq!((said.as_str(), ended.receipt.denials), ("connected\n", 0));
    let (ended, said) = run(programs::COMMAND_DIALS, &[&address]);
    assert_eq!((said.as_str(), ended.receipt.denials), ("permission denied\n", 1));
}

#[test]
pub(crate) fn command_writes_escapes() {
    // To a program, or a file, bytes go as they are; what a terminal would obey is the business of who has one.
    assert_eq!(run(programs::COMMAND_WRITES_ESCAPES, &[]).1, "\x1b[2Jcleared\x1b]52;c;eA==\x07\n");
}

#[test]
fn what_no_program_can_be_given_is_refused() {
    block_on(async {
        let program = Program::compile(&engine(), &component(programs::COMMAND_SAYS)).unwrap();
        let start = |invocation| program.start(Host::builder(), invocation);
        let nul = start(with(&["a\0b"])).await.unwrap_err();
        assert!(matches!(nul, CommandError::Nul { index: 1 }), "{nul}");
        let long = "x".repeat(ARGS_BYTES_MAX);
        let large = start(with(&[&long])).await.unwrap_err();
        assert!(matches!(large, CommandError::Args { len } if len > ARGS_BYTES_MAX), "{large}");
        let limits = LimitsRequest { memory_bytes: Some(u64::MAX), ..LimitsRequest::default() };
        let above = start(Invocation { limits, ..with(&[]) }).await.unwrap_err();
        assert!(matches!(above, CommandError::Host(_)), "{above}");
    });
}

#[test]
fn a_program_is_no_task_and_a_task_is_no_program() {
    let (engine, program) = (engine(), component(programs::COMMAND_SAYS));
    let error = Component::compile(&engine, &program).unwrap_err();
    assert!(matches!(error, ComponentError::NotATask { .. }), "{error}");
    let only_task = wat::parse_str(
        r#"(component (instance $empty) (export "dormouse:background/background-task@0.1.0" (instance $empty)))"#,
    );
    let error = Program::compile(&engine, &only_task.unwrap()).unwrap_err();
    assert!(matches!(error, ComponentError::NotACommand { .. }), "{error}");
    // What a task asks its host there is nobody to answer for.
    let asks = wat::parse_str(
        r#"(component (import "dormouse:background/types@0.1.0" (instance))
            (instance $empty) (export "wasi:cli/run@0.2.0" (instance $empty)))"#,
    );
    let error = Program::compile(&engine, &asks.unwrap()).unwrap_err();
    assert!(matches!(error, ComponentError::UnknownImport { .. }), "{error}");
}

/// Of WASI's first preview: a line, and an exit.
const PREVIEW1: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "acorns\n")
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const 7))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $exit (i32.const 42))))"#;

#[test]
fn a_core_module_of_the_first_preview_is_a_program_too() {
    block_on(async {
        let bytes = wat::parse_str(PREVIEW1).unwrap();
        let engine = engine();
        let by_worker = Program::load(&engine, &worker(CompileLimits::default()), None, bytes.clone()).await;
        for program in [Program::compile(&engine, &bytes).unwrap(), by_worker.unwrap()] {
            let written = Written::default();
            let invocation = Invocation { stdout: Output::new(written.clone()), ..with(&[]) };
            let ended = program.start(Host::builder(), invocation).await.unwrap().ended().await.unwrap();
            assert_eq!((ended.exit, written.text().as_str()), (Exit::Code(42), "acorns\n"));
        }
        for text in ["(module)", r#"(module (import "env" "nuts" (func)) (func (export "_start")))"#] {
            let part = "no command can be made of this core module";
            let bytes = wat::parse_str(text).unwrap();
            let error =
                Program::load(&engine, &worker(CompileLimits::default()), None, bytes).await.unwrap_err();
            assert!(matches!(&error, ComponentError::Invalid { reason } if reason.contains(part)), "{error}");
        }
    });
}

#[test]
fn a_program_of_wasi_0_3_answers_whether_it_succeeded() {
    let exit = |answer: u32| {
        let text = format!(
            r#"(component
                (core module $m (func (export "run") (result i32) (i32.const {answer})))
                (core instance $i (instantiate $m))
                (func $run async (result (result)) (canon lift (core func $i "run")))
                (instance $run (export "run" (func $run)))
                (export "wasi:cli/run@0.3.0" (instance $run)))"#
        );
        block_on(async {
            let program = Program::compile(&engine(), &wat::parse_str(text).unwrap()).unwrap();
            let running = program.start(Host::builder(), with(&[])).await.unwrap();
            running.ended().await.unwrap().exit
        })
    };
    assert_eq!((exit(0), exit(1)), (Exit::Code(0), Exit::Code(1)));
}

#[test]
fn a_program_of_wasi_0_3_goes_on_behind_its_answer_until_nothing_is_left() {
    // It answers that it succeeded, gives way, and then exits with a failure.
    let text = r#"(component
        (import "wasi:cli/exit@0.3.0" (instance $exit (export "exit" (func (param "status" (result))))))
        (core module $m
            (import "" "return" (func $return (param i32)))
            (import "" "exit" (func $exit (param i32)))
            (func (export "run") (result i32) (call $return (i32.const 0)) (i32.const 1))
            (func (export "more") (param i32 i32 i32) (result i32) (call $exit (i32.const 1)) (i32.const 0)))
        (core func $return (canon task.return (result (result))))
        (core func $exits (canon lower (func $exit "exit")))
        (core instance $host (export "return" (func $return)) (export "exit" (func $exits)))
        (core instance $i (instantiate $m (with "" (instance $host))))
        (func $run async (result (result)) (canon lift (core func $i "run") async (callback (core func $i "more"))))
        (instance $run (export "run" (func $run)))
        (export "wasi:cli/run@0.3.0" (instance $run)))"#;
    block_on(async {
        let program = Program::compile(&engine(), &wat::parse_str(text).unwrap()).unwrap();
        let running = program.start(Host::builder(), with(&[])).await.unwrap();
        assert_eq!(running.ended().await.unwrap().exit, Exit::Code(1));
    });
}

#[test]
fn of_several_versions_of_a_program_one_that_is_known_is_run() {
    let text = r#"(component
        (core module $m (func (export "run") (result i32) (i32.const 1)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $unknown)
        (instance $known (export "run" (func $run)))
        (export "wasi:cli/run@0.3.0-rc-2025-09-16" (instance $unknown))
        (export "wasi:cli/run@0.2.0" (instance $known)))"#;
    block_on(async {
        let program = Program::compile(&engine(), &wat::parse_str(text).unwrap()).unwrap();
        let running = program.start(Host::builder(), with(&[])).await.unwrap();
        assert_eq!(running.ended().await.unwrap().exit, Exit::Code(1));
    });
}

#[test]
fn a_program_that_exits_in_its_grace_says_with_what() {
    block_on(async {
        let program = Program::compile(&engine(), &component(programs::COMMAND_CAT)).unwrap();
        let (mut writer, stdin) = tokio::io::duplex(1024);
        let (mut reader, stdout) = tokio::io::duplex(1024);
        let invocation = Invocation { stdin: Input::new(stdin), stdout: Output::new(stdout), ..with(&[]) };
        let running = program.start(Host::builder(), invocation).await.unwrap();
        writer.write_all(b"acorns\n").await.unwrap();
        reader.read_exact(&mut [0; 7]).await.unwrap();
        assert!(running.stopper().cancel("a test"));
        drop(writer);
        let ended = running.ended().await.unwrap();
        assert_eq!((ended.exit, ended.code), (Exit::Stopped, Some(0)), "{}", ended.outcome);
    });
}
