//! Components of others are compiled in a process that has limits, and kept where nobody else can change them.

pub(crate) mod bomb;

use std::ffi::OsString;
use std::fmt::Debug;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cap_std::fs::Dir;
use dormouse::testing::Rig;
use dormouse::{
    App, AppId, CompileLimits, Compiler, Component, ComponentCache, ComponentError, Engine, EngineConfig,
    Grants, Outcome, Pooling,
};
use test_artifacts as programs;

use crate::{application, component};

const WORKER: &str = env!("CARGO_BIN_EXE_conformance-compile-worker");

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn worker(limits: CompileLimits) -> Compiler {
    Compiler::Worker { executable: WORKER.into(), args: Vec::new(), limits }
}

/// A program that is no worker.
fn shell(script: &str, limits: CompileLimits) -> Compiler {
    let args = ["-c", script].map(OsString::from).to_vec();
    Compiler::Worker { executable: "/bin/sh".into(), args, limits }
}

fn engine() -> Engine {
    Engine::new(&EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() }).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn load(
    engine: &Engine,
    compiler: &Compiler,
    cache: Option<&ComponentCache>,
    bytes: Vec<u8>,
) -> Result<Component, ComponentError> {
    runtime().block_on(Component::load(engine, compiler, cache, bytes))
}

/// A cache, and its directory.
struct Kept {
    folder: tempfile::TempDir,
    cache: ComponentCache,
}

impl Kept {
    fn new() -> Self {
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let dir = Dir::from_std_file(std::fs::File::open(folder.path()).unwrap());
        Self { cache: ComponentCache::open(dir).unwrap(), folder }
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap() != "key").collect()
    }
}

/// Waits for a fact.
pub(crate) fn wait_for<T, E: Debug>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(start.elapsed() < PATIENCE, "{what} did not come: {seen:#?}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes that this one has started and not reaped, but for those of other tests.
fn children(executable: &str) -> Vec<PathBuf> {
    let ours = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let is_child = |path: &PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.map(str::trim) == Some(&ours)
            && std::fs::read_link(path.join("exe")).is_ok_and(|exe| exe == Path::new(executable))
    };
    processes.filter(is_child).collect()
}

#[test]
fn what_a_worker_compiled_runs_and_so_does_what_was_kept_of_it() {
    Rig::run(async |rig| {
        let kept = Kept::new();
        for (app, compiler) in [
            ("compiled", worker(CompileLimits::default())),
            // From the cache alone.
            ("kept", shell("exit 1", CompileLimits::default())),
        ] {
            let (engine, cache) = (rig.host.engine().clone(), kept.cache.clone());
            let bytes = component(programs::RUN_RETURNS_OK);
            let loading = move || load(&engine, &compiler, Some(&cache), bytes).unwrap();
            let loaded = std::thread::spawn(loading).join().unwrap();
            let app = AppId::new(app).unwrap();
            rig.host
                .install(App::new(app.clone()).entry_point("main", loaded).grants(Grants::none()))
                .unwrap();
            let id = rig.host.register(&app, application(), Default::default()).await.unwrap().id;
            assert_eq!(rig.fire(id, "").await.run.outcome, Outcome::Succeeded);
            assert_eq!(kept.files().len(), 1);
        }
    });
}

#[test]
fn code_for_an_engine_that_copies_what_others_map_is_compiled_and_kept_beside_theirs() {
    let kept = Kept::new();
    let many = Engine::new(&EngineConfig { slots: 1_000_000, ..EngineConfig::default() }).unwrap();
    for engine in [&engine(), &many] {
        let bytes = || component(programs::RUN_RETURNS_OK);
        load(engine, &worker(CompileLimits::default()), Some(&kept.cache), bytes()).unwrap();
        // From the cache alone.
        load(engine, &shell("exit 1", CompileLimits::default()), Some(&kept.cache), bytes()).unwrap();
    }
    assert_eq!(kept.files().len(), 2);
}

#[test]
fn a_file_of_the_cache_that_was_changed_is_compiled_again() {
    let kept = Kept::new();
    let (engine, compiler) = (engine(), worker(CompileLimits::default()));
    let again = || load(&engine, &compiler, Some(&kept.cache), component(programs::RUN_RETURNS_OK)).unwrap();
    again();
    let file = kept.files().remove(0);
    let whole = std::fs::read(&file).unwrap();
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&file, &changed).unwrap();
    again();
    assert_eq!(kept.files(), std::slice::from_ref(&file));
    assert_ne!(std::fs::read(&file).unwrap(), changed);
    // With a compiler that does nothing, the file is all there is.
    let none = shell("exit 1", CompileLimits::default());
    load(&engine, &none, Some(&kept.cache), component(programs::RUN_RETURNS_OK)).unwrap();
}

#[test]
fn a_component_that_takes_too_long_to_compile_is_refused_with_the_figure_and_its_worker_is_gone() {
    let kept = Kept::new();
    let limits = CompileLimits { time: Duration::from_millis(300), ..CompileLimits::default() };
    let error = load(&engine(), &worker(limits), Some(&kept.cache), bomb::slow());
    let error = error.unwrap_err();
    assert!(matches!(error, ComponentError::CompileTimeout { limit } if limit == limits.time), "{error}");
    assert!(error.to_string().contains("300ms"), "{error}");
    assert_eq!(children(WORKER), [] as [PathBuf; 0]);
    assert!(kept.files().is_empty());
}

#[test]
fn a_component_that_takes_too_much_memory_to_compile_is_refused_with_the_figure() {
    let kept = Kept::new();
    let limits = CompileLimits { memory_bytes: 256 * 1024 * 1024, ..CompileLimits::default() };
    let error = load(&engine(), &worker(limits), Some(&kept.cache), bomb::large());
    let error = error.unwrap_err();
    assert!(
        matches!(error, ComponentError::CompileMemory { limit } if limit == limits.memory_bytes),
        "{error}"
    );
    assert!(error.to_string().contains("256 MiB"), "{error}");
    assert!(kept.files().is_empty());
    // With as much, a component that means no harm compiles.
    load(&engine(), &worker(limits), None, component(programs::RUN_RETURNS_OK)).unwrap();
}

#[test]
fn a_worker_that_is_killed_meanwhile_is_an_error_and_leaves_nothing() {
    let kept = Kept::new();
    let killed = shell("kill -KILL $$", CompileLimits::default());
    let error = load(&engine(), &killed, Some(&kept.cache), component(programs::RUN_RETURNS_OK)).unwrap_err();
    assert!(matches!(error, ComponentError::CompileCrashed { signal: Some(9), .. }), "{error}");
    assert!(kept.files().is_empty());
}

#[test]
fn what_is_no_worker_is_told_apart() {
    let limits = CompileLimits::default();
    let tried = |compiler: &Compiler| load(&engine(), compiler, None, component(programs::RUN_RETURNS_OK));
    let missing = Compiler::Worker { executable: "/no/such/program".into(), args: Vec::new(), limits };
    let relative = Compiler::Worker { executable: "sh".into(), args: Vec::new(), limits };
    for compiler in [missing, relative] {
        let error = tried(&compiler).unwrap_err();
        assert!(matches!(error, ComponentError::WorkerMissing { .. }), "{error}");
    }
    for script in ["exit 0", "echo hello", "head -c 1000"] {
        let error = tried(&shell(script, limits)).unwrap_err();
        assert!(matches!(error, ComponentError::WorkerUnfit { .. }), "{script}: {error}");
    }
    let error = tried(&shell("echo no such luck >&2; exit 3", limits)).unwrap_err();
    assert!(error.to_string().contains("no such luck"), "{error}");
}

#[test]
fn the_same_errors_come_out_of_a_worker() {
    let refused = |bytes: Vec<u8>| {
        let kept = Kept::new();
        let limits = CompileLimits::default();
        let error = load(&engine(), &worker(limits), Some(&kept.cache), bytes.clone()).unwrap_err();
        assert!(kept.files().is_empty(), "{error}");
        assert_eq!(error.to_string(), Component::compile(&engine(), &bytes).unwrap_err().to_string());
        error
    };
    let error = refused(component(programs::WIT_NO_TASK));
    assert!(matches!(error, ComponentError::NotATask { .. }), "{error}");
    let mut cut = component(programs::RUN_RETURNS_OK);
    cut.truncate(cut.len() / 2);
    let error = refused(cut);
    assert!(matches!(error, ComponentError::Invalid { .. }), "{error}");
    let error = refused(b"#!/bin/sh".to_vec());
    assert!(matches!(error, ComponentError::NotWasm), "{error}");
}

#[test]
fn a_component_above_the_limit_of_the_compiler_is_refused_before_it_is_looked_at() {
    let bytes = component(programs::RUN_RETURNS_OK);
    let len_max = bytes.len() - 1;
    let in_process = Compiler::InProcess { len_max };
    let in_worker = shell("exit 1", CompileLimits { len_max, ..CompileLimits::default() });
    for compiler in [in_process, in_worker] {
        let error = load(&engine(), &compiler, None, bytes.clone()).unwrap_err();
        assert!(matches!(error, ComponentError::TooLarge { limit, .. } if limit == len_max), "{error}");
    }
    load(&engine(), &Compiler::InProcess { len_max: bytes.len() }, None, bytes).unwrap();
}

#[test]
fn a_worker_gives_up_what_a_compiler_does_not_need_and_is_killed_with_its_future() {
    let limits = CompileLimits { memory_bytes: 3 << 30, ..CompileLimits::default() };
    let loading = async {
        let bytes = bomb::slow();
        Component::load(&engine(), &worker(limits), None, bytes).await
    };
    let look = async {
        loop {
            if let Some(process) = children(WORKER).into_iter().find(|process| is_limited(process)) {
                check_what_is_given_up(&process, &limits);
                return process;
            }
            tokio::task::yield_now().await;
        }
    };
    let process = runtime().block_on(async {
        tokio::select! {
            loaded = loading => panic!("{loaded:?}"),
            process = look => process,
        }
    });
    wait_for("its end", || if is_gone(&process) { Ok(()) } else { Err(&process) });
}

/// Whether a worker has set its last limit.
fn is_limited(process: &Path) -> bool {
    let limits = std::fs::read_to_string(process.join("limits")).unwrap_or_default();
    limits.lines().any(|line| line.starts_with("Max cpu time") && !line.contains("unlimited"))
}

fn check_what_is_given_up(process: &Path, limits: &CompileLimits) {
    let read = |name: &str| std::fs::read_to_string(process.join(name)).unwrap();
    let words = |text: &str, line: &str| -> Vec<String> {
        let line = text.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let memory = limits.memory_bytes.to_string();
    assert_eq!(words(&read("limits"), "Max address space")[..2], [memory.clone(), memory]);
    assert_eq!(words(&read("limits"), "Max core file size")[..2], ["0", "0"]);
    let cpu: u64 = words(&read("limits"), "Max cpu time")[0].parse().unwrap();
    assert!(cpu > limits.time.as_secs() && cpu < limits.time.as_secs() * 8, "{cpu}");
    assert_eq!(words(&read("status"), "NoNewPrivs:"), ["1"]);
    // After the name in parentheses: the state is the 3rd field, the niceness the 19th.
    let stat = read("stat");
    let niceness: i32 = stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap();
    assert!(niceness > 0, "{stat}");
    let variables = read("environ");
    assert!(variables.split_terminator('\0').all(|v| v.starts_with("RAYON_NUM_THREADS=")), "{variables:?}");
    assert_eq!(std::fs::read_link(process.join("cwd")).unwrap(), Path::new("/"));
}

fn is_gone(process: &Path) -> bool {
    let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    status.is_empty() || status.contains("State:\tZ")
}

#[test]
fn a_worker_whose_host_dies_ends() {
    let bytes = bomb::slow();
    let job = format!(
        r#"{{"memory_bytes":{},"cpu_seconds":600,"memory_init":"mapped","len":{}}}"#,
        4_u64 << 30,
        bytes.len()
    );
    let mut child = Command::new(WORKER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&u32::try_from(job.len()).unwrap().to_le_bytes()).unwrap();
    stdin.write_all(job.as_bytes()).unwrap();
    stdin.write_all(&bytes).unwrap();
    // All that a host which dies can do about it.
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "it was compiled");
}
