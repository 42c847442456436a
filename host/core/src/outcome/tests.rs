use super::*;

fn failed() -> Outcome {
    Outcome::Failed(TaskFailure { message: String::new(), retry_after: None })
}

fn canceled(reason: CancellationReason) -> Outcome {
    Outcome::Canceled { cancellation: Cancellation::new(reason, "operator", ""), forced: false }
}

fn trapped() -> Outcome {
    Outcome::Trapped { kind: TrapKind::Unreachable, message: String::new() }
}

#[test]
fn only_success_is_success_and_only_what_the_task_did_not_do_is_a_failure() {
    use CancellationReason as Reason;
    let table = [
        // outcome                                success failure
        (Outcome::Succeeded, (true, false)),
        (failed(), (false, true)),
        (trapped(), (false, true)),
        (Outcome::DeferralAbandoned { open: 1 }, (false, true)),
        (canceled(Reason::ExecutionTimeExceeded), (false, true)),
        (canceled(Reason::Abort), (false, false)),
        (canceled(Reason::Terminating), (false, false)),
        (canceled(Reason::LoggingOff), (false, false)),
        (canceled(Reason::ServicingUpdate), (false, false)),
        (canceled(Reason::IdleTask), (false, false)),
        (canceled(Reason::Uninstall), (false, false)),
        (canceled(Reason::ConditionLoss), (false, false)),
        (canceled(Reason::SystemPolicy), (false, false)),
        (canceled(Reason::QuietHoursEntered), (false, false)),
        (canceled(Reason::ResourceRevocation), (false, false)),
        (canceled(Reason::EnergySaver), (false, false)),
        (Outcome::Interrupted, (false, false)),
    ];
    for (outcome, expected) in table {
        assert_eq!((outcome.is_success(), outcome.is_failure()), expected, "{outcome}");
    }
}

#[test]
fn each_kind_is_read_back_from_its_name_and_written_by_it() {
    let outcomes = [
        Outcome::Succeeded,
        failed(),
        canceled(CancellationReason::Abort),
        trapped(),
        Outcome::DeferralAbandoned { open: 1 },
        Outcome::Interrupted,
    ];
    assert_eq!(outcomes.each_ref().map(Outcome::kind), OutcomeKind::ALL);
    for outcome in outcomes {
        let kind = outcome.kind();
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(serde_json::to_value(&outcome).unwrap()["outcome"], kind.as_str());
    }
    let error = "success".parse::<OutcomeKind>().unwrap_err().to_string();
    for kind in OutcomeKind::ALL {
        assert!(error.contains(kind.as_str()), "{error}");
    }
}

#[test]
fn a_name_that_is_no_kind_is_shown_shortened() {
    let error = "x".repeat(100_000).parse::<OutcomeKind>().unwrap_err();
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn a_guests_message_is_cut_at_a_character() {
    let cut = bounded_message("é".repeat(MESSAGE_LEN_MAX));
    assert!(cut.len() <= MESSAGE_LEN_MAX + '…'.len_utf8());
    assert!(cut.ends_with('…'));
    assert_eq!(bounded_message("short".to_owned()), "short");
}

#[test]
fn a_receipt_is_written_without_what_says_nothing_and_read_as_it_was() {
    let stored = |receipt: &Receipt| serde_json::to_string(receipt).unwrap();
    assert_eq!(stored(&Receipt::default()), "{}");
    let whole = Receipt {
        queue_wait: Duration::from_nanos(1),
        wall: Duration::from_secs(3600),
        paused: Duration::from_millis(2),
        suspended_count: 3,
        cpu: Duration::from_micros(4),
        peak_memory_bytes: 5,
        memory_refusals: 6,
        stdout_bytes: 7,
        stderr_bytes: 8,
        output_dropped_bytes: 9,
        deferrals: 10,
        progress: Some(0),
        denials: 11,
        host_calls: 12,
        stop: Some(Stop::by(&Cancellation::new(CancellationReason::Abort, "operator", ""))),
        ending: Some(Ending { told: None, ended: Duration::ZERO, freed: Duration::MAX }),
        changes_accepted: true,
    };
    assert_eq!(serde_json::from_str::<Receipt>(&stored(&whole)).unwrap(), whole);
    // As earlier versions wrote it.
    let earlier = r#"{"queue_wait":{"secs":0,"nanos":590000},"wall":{"secs":2,"nanos":5},"cpu":{"secs":0,"nanos":0},
        "progress":null,"stdout_bytes":17}"#;
    let expected = Receipt {
        queue_wait: Duration::from_nanos(590_000),
        wall: Duration::new(2, 5),
        stdout_bytes: 17,
        ..Receipt::default()
    };
    assert_eq!(serde_json::from_str::<Receipt>(earlier).unwrap(), expected);
}
