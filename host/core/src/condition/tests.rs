use super::*;

fn custom(name: &str) -> Condition {
    Condition::Custom(name.parse().unwrap())
}

/// Judges `conditions` on a machine.
fn judged(conditions: &[Condition], holds: impl Fn(&Condition) -> Holds) -> Judgement {
    judge(conditions.iter().map(|condition| (condition.clone(), holds(condition))))
}

#[test]
fn all_met_starts_and_none_asked_for_starts() {
    assert_eq!(judged(&[], |_| Holds::Unmet), Judgement::Start);
    assert_eq!(judged(&[Condition::UserPresent, custom("x")], |_| Holds::Met), Judgement::Start);
}

#[test]
fn the_latch_names_all_that_block_in_order() {
    let conditions = [Condition::UserPresent, Condition::InternetAvailable, custom("tide.high")];
    let judgement = judged(&conditions, |condition| match condition {
        Condition::UserPresent => Holds::Unmet,
        Condition::Custom(_) => Holds::Unknown,
        _ => Holds::Met,
    });
    let Judgement::Latch { blocking } = judgement else { panic!("started") };
    let said: Vec<_> = blocking.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["user-present is unmet", "custom:tide.high is unknown"]);
}

#[test]
fn a_contradiction_latches_whatever_the_machine_does() {
    let conditions = [Condition::UserNotPresent, Condition::UserPresent];
    for present in [true, false] {
        let judgement = judged(&conditions, |condition| match (condition, present) {
            (Condition::UserPresent, true) | (Condition::UserNotPresent, false) => Holds::Met,
            _ => Holds::Unmet,
        });
        assert!(matches!(judgement, Judgement::Latch { blocking } if blocking.len() == 1));
    }
    assert_eq!(contradictions(&conditions), [(Condition::UserPresent, Condition::UserNotPresent)]);
}

#[test]
fn conditions_that_can_hold_together_are_no_contradiction() {
    let all_but_the_negative: Vec<_> = NAMED
        .map(|(condition, _)| condition)
        .into_iter()
        .filter(|condition| !OPPOSITES.iter().any(|(_, negative)| negative == condition))
        .collect();
    assert_eq!(all_but_the_negative.len(), 7);
    assert_eq!(contradictions(&all_but_the_negative), []);
}

#[test]
fn words_are_read_back_and_no_two_are_alike() {
    for (condition, word) in NAMED {
        assert_eq!(condition.to_string(), word);
        assert_eq!(word.parse::<Condition>().unwrap(), condition);
    }
    assert_eq!("custom:a-b_c.9".parse::<Condition>().unwrap(), custom("a-b_c.9"));
}

#[test]
fn serde_uses_the_words() {
    let conditions = vec![Condition::BackgroundWorkCostNotHigh, custom("x")];
    let json = serde_json::to_string(&conditions).unwrap();
    assert_eq!(json, r#"["background-work-cost-not-high","custom:x"]"#);
    assert_eq!(serde_json::from_str::<Vec<Condition>>(&json).unwrap(), conditions);
    assert!(serde_json::from_str::<Condition>(r#""custom:""#).is_err());
}

#[test]
fn refuses_what_is_no_condition() {
    let unknown = "User-Present".parse::<Condition>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "`User-Present` is no condition; a condition of one's own is written `custom:NAME`"
    );
    let longest = "a".repeat(CUSTOM_NAME_BYTES_MAX);
    assert!(longest.parse::<ConditionName>().is_ok());
    for name in ["", "A", "a b", "ä", "a:b", "a\n", &format!("{longest}a")] {
        let error = format!("custom:{name}").parse::<Condition>().unwrap_err();
        assert!(matches!(error, ConditionError::Name { .. }), "{name:?}");
    }
}

#[test]
fn a_refusal_is_short_and_on_one_line() {
    for text in ["x\n".repeat(1 << 20), format!("custom:{}", "\u{1}".repeat(1 << 20))] {
        let message = text.parse::<Condition>().unwrap_err().to_string();
        assert!(message.len() < 600 && !message.contains('\n'), "{} bytes", message.len());
    }
}
