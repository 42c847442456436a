//! Attacks on whoever reads: what a terminal would obey and a log would believe.
//!
//! A host keeps what a guest wrote as it was written, and who shows it escapes it. The tests of the command line see to
//! that at a terminal; here it is that nothing breaks on the way, and that a log has no line of a guest's making.

use std::io;
use std::sync::{Arc, Mutex};

use dormouse::testing::Rig;
use dormouse::{Outcome, TracingObserver};
use dormouse_core::{Observer as _, TrapKind};
use test_artifacts as programs;

use super::harness::{Attack, End};

/// How the text begins, and what of it must not be the beginning of a line in a log.
const BEGIN: &[u8] = b"\x1b[2J\x1b]0;owned\x07";
const FORGED: &str = "2026-01-01T00:00:00Z ERROR dormouse: owned";

fn writes(attack: &str) -> Attack {
    Attack::program(programs::HOSTILE_TEXT_ESCAPES).arguments(attack).times(2)
}

#[test]
pub(crate) fn hostile_text_escapes() {
    let seen = writes("output").ends(End::Succeeded);
    for stream in [&seen.output.stdout, &seen.output.stderr] {
        assert!(stream.starts_with(BEGIN), "kept as it was written");
        assert!(stream.ends_with(b"\xff\xfe\xc3\x28\xf0\x9f\x92"), "also where it is no text");
    }
}

#[test]
fn a_failure_a_panic_a_name_and_a_denial_may_say_anything() {
    writes("failure").ends(End::Failed("owned"));
    let seen = writes("panic").ends(End::Trapped(TrapKind::Unreachable, ""));
    assert!(String::from_utf8_lossy(&seen.output.stderr).contains("owned"));
    let seen = writes("lookup").ends(End::Succeeded);
    assert!(!seen.denied.is_empty());
    writes("name").ends(End::Succeeded);
}

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_line_of_a_log_is_of_a_guests_making() {
    for attack in ["output", "failure", "panic", "lookup", "name"] {
        let events = Rig::run(async |rig| {
            let id = crate::ready(rig, programs::HOSTILE_TEXT_ESCAPES).await;
            let completion = rig.fire(id, attack).await;
            assert!(!matches!(completion.run.outcome, Outcome::Interrupted));
            rig.events.events()
        });
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || written.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for event in &events {
                TracingObserver.observe(event);
            }
        });
        let log = log.0.lock().unwrap();
        let log = str::from_utf8(&log).unwrap();
        assert!(!log.is_empty());
        assert!(!log.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{attack}: {log:?}");
        assert!(!log.lines().any(|line| line.starts_with(FORGED)), "{attack}: {log}");
    }
}
