use dormouse::core::{TaskFailure, Timestamp};
use dormouse::{ActivationId, Event, Outcome, Receipt, RegistrationId};
use dormouse_control::api::grant_for;
use uuid::Uuid;

use super::*;

fn run() -> RunId {
    RunId::from_uuid(Uuid::from_u128(0x1a2b_3c4d))
}

/// What is written for `kinds` to stdout and to stderr, without styles.
fn written(detail: Detail, kinds: Vec<EventKind>) -> (String, String) {
    let mut human = Human::new(detail, TimeZone::UTC);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut out = anstream::StripStream::new(&mut out);
        let mut err = anstream::StripStream::new(&mut err);
        for kind in kinds {
            let event = Event { at: Timestamp::from_millis(1_234), registration: registration(), kind };
            human
                .event(&EventView::from(&event), &mut Sinks { out: &mut out, err: &mut err })
                .expect("a vector takes everything");
        }
    }
    (String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
}

fn registration() -> RegistrationId {
    RegistrationId::from_uuid(Uuid::nil())
}

fn output(stream: Stream, text: &str) -> EventKind {
    EventKind::Output { run: run(), stream, text: text.to_owned() }
}

fn ended(outcome: Outcome) -> EventKind {
    let receipt = Box::new(Receipt::default());
    EventKind::Ended {
        activation: ActivationId::from_uuid(Uuid::nil()),
        run: run(),
        attempt: 1,
        outcome,
        receipt,
    }
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed(TaskFailure { message: message.to_owned(), retry_after: None })
}

#[test]
fn a_guests_lines_carry_its_run_and_cannot_reach_the_terminal() {
    let (out, err) = written(
        Detail::Normal,
        vec![
            output(Stream::Stdout, "one\ntw"),
            output(Stream::Stderr, "\u{1b}[31mred\n"),
            output(Stream::Stdout, "o\nthree"),
            ended(Outcome::Succeeded),
        ],
    );
    assert_eq!(out, "1a2b3c4d | one\n1a2b3c4d | two\n1a2b3c4d | three\n");
    assert!(err.starts_with("1a2b3c4d stderr | \\u{1b}[31mred\n"), "{err}");
}

#[test]
fn an_end_is_a_line_and_a_block_of_aligned_rows() {
    let (_, err) = written(Detail::Normal, vec![ended(failed("one\n\u{1b}two"))]);
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines[0], "00:00:01.234 1a2b3c4d ended     failed");
    assert_eq!(lines[1], "  outcome      failed");
    assert_eq!(lines[2], "  message      one");
    assert_eq!(lines[3], "               \\u{1b}two");
    assert!(
        lines[4..].iter().all(|line| line.len() > 15 && line[..2] == *"  " && line.as_bytes()[14] == b' ')
    );
}

#[test]
fn quiet_tells_only_what_went_wrong() {
    let started =
        EventKind::Started { activation: ActivationId::from_uuid(Uuid::nil()), run: run(), attempt: 1 };
    let fault = EventKind::Fault { message: "the disk is full".to_owned(), given_up: false };
    let (out, err) = written(
        Detail::Quiet,
        vec![started.clone(), output(Stream::Stdout, "kept\n"), ended(Outcome::Succeeded)],
    );
    assert_eq!((out.as_str(), err.as_str()), ("1a2b3c4d | kept\n", ""));
    let (_, err) = written(Detail::Quiet, vec![started, ended(failed("gone")), fault]);
    assert!(err.contains("gone") && err.contains("the disk is full") && !err.contains("started"), "{err}");
}

#[test]
fn a_denial_says_what_would_grant_it() {
    for (what, flag) in [
        ("connect 127.0.0.1:80", Some("--allow-net 127.0.0.1:80")),
        ("connect [::1]:80", Some("--allow-net [::1]:80")),
        ("connect a socket", Some("--allow-net HOST:PORT")),
        ("http example.org:8080", Some("--allow-net example.org:8080")),
        ("http example.org", Some("--allow-net example.org:PORT")),
        ("lookup example.org", Some("--allow-net example.org:PORT")),
        ("lookup ex ample", None),
        ("listen 127.0.0.1:80", None),
        ("nonsense", None),
    ] {
        assert_eq!(grant_for(what).as_deref(), flag, "{what}");
        let (_, err) = written(Detail::Normal, vec![EventKind::Denied { run: run(), what: what.to_owned() }]);
        assert_eq!(err.contains("grant it with"), flag.is_some(), "{err}");
    }
}

#[test]
fn only_verbose_tells_everything() {
    let progress = vec![EventKind::Progress { run: run(), value: 7 }];
    assert_eq!(written(Detail::Normal, progress.clone()).1, "");
    assert_eq!(written(Detail::Verbose, progress).1, "00:00:01.234 1a2b3c4d progress  7\n");
}
