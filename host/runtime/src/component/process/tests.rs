use super::*;
use crate::engine::compiler_only;

fn death_of(raw: i32, said: &str) -> ComponentError {
    death(ExitStatus::from_raw(raw), said, CompileLimits::default())
}

#[test]
fn a_death_is_told_by_its_cause() {
    let aborted = Signal::ABORT.as_raw();
    let failed = "memory allocation of 1073741824 bytes failed\n";
    assert!(matches!(death_of(aborted, failed), ComponentError::CompileMemory { limit } if limit == 2 << 30));
    assert!(matches!(death_of(Signal::XCPU.as_raw(), ""), ComponentError::CompileTimeout { .. }));
    let ComponentError::CompileCrashed { signal, said } = death_of(aborted, "\nstack\n  overflow \n") else {
        panic!("no crash")
    };
    assert_eq!((signal, said.as_str()), (Some(aborted), "stack overflow"));
    let message = death_of(Signal::KILL.as_raw(), "").to_string();
    assert!(message.contains("was ended by signal 9: it said nothing"), "{message}");
    assert!(death_of(1 << 8, "no").to_string().contains("the compiler failed: no"));
}

fn judged(answer: &Answer, code: &[u8]) -> Result<Vec<u8>, ComponentError> {
    let ours = Fingerprint::of(&compiler_only(MemoryInit::Mapped).expect("an engine"));
    let answer = [frame(answer).expect("short"), code.to_vec()].concat();
    let ended = Ended { status: ExitStatus::from_raw(0), answer, said: String::new() };
    judge(Path::new("/worker"), CompileLimits::default(), &ours, ended).map(|code| code.0)
}

#[test]
fn code_is_taken_whole_and_of_the_same_compiler_only() {
    let ours = Fingerprint::of(&compiler_only(MemoryInit::Mapped).expect("an engine")).to_string();
    let compiled = |fingerprint: &str, len| Answer::Compiled { fingerprint: fingerprint.to_owned(), len };
    assert_eq!(judged(&compiled(&ours, 4), b"code").expect("code"), b"code");
    for (answer, code) in
        [(compiled(&ours, 5), &b"code"[..]), (compiled(&ours, 3), b"code"), (compiled("f00", 4), b"code")]
    {
        let error = judged(&answer, code).expect_err("it was taken");
        assert!(matches!(error, ComponentError::WorkerUnfit { .. }), "{error}");
    }
    let error = judged(&compiled(&ours, CODE_LEN_MAX + 1), b"").expect_err("it was taken");
    assert!(matches!(error, ComponentError::CodeTooLarge { .. }), "{error}");
    let error = judged(&Answer::OutOfMemory, b"").expect_err("it was taken");
    assert!(matches!(error, ComponentError::CompileMemory { .. }), "{error}");
}

/// With one thread of the runtime asleep and nothing else going on, as in a host that is idle.
#[test]
fn a_worker_that_nobody_waits_for_is_reaped_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let child = start(Path::new("/bin/sleep"), &["600".into()], 1).expect("a process");
        let process = format!("/proc/{}", child.id().expect("it lives"));
        end(child);
        let clock = TokioClock::new(Handle::current());
        let deadline = clock.now() + std::time::Duration::from_secs(20);
        while std::fs::exists(&process).expect("an answer") {
            assert!(clock.now() < deadline, "{process} is there still");
            tokio::task::yield_now().await;
        }
    });
}
