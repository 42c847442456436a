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
