use serde_json::json;

use super::*;

fn holds(wanted: Value, seen: Value) -> bool {
    Match::parse(wanted).unwrap().mismatch(Some(&seen), true).is_none()
}

#[test]
fn each_test_holds_for_what_it_says_and_for_nothing_else() {
    for (wanted, yes, no) in [
        (json!(5), json!(5.0), json!(6)),
        (json!("abort"), json!("abort"), json!("aborted")),
        (json!([1, "a"]), json!([1, "a"]), json!([1])),
        (json!({"min": 5}), json!(5), json!(4.9)),
        (json!({"max": 5}), json!(5), json!(5.1)),
        (json!({"min": 1, "max": 2}), json!(1.5), json!(3)),
        (json!({"max_simulated": 5}), json!(5), json!(6)),
        (json!({"contains": "at"}), json!("cat"), json!("dog")),
        (json!({"starts_with": "c"}), json!("cat"), json!("acat")),
        (json!({"ends_with": "t"}), json!("cat"), json!("cats")),
        (json!({"one_of": [1, "a"]}), json!("a"), json!("b")),
        (json!({"not": "a"}), json!("b"), json!("a")),
        (json!({"absent": true}), json!(null), json!(0)),
        (json!({"absent": false}), json!(0), json!(null)),
        (json!({"a": 1, "b": {"min": 2}}), json!({"a": 1, "b": 3, "c": 4}), json!({"a": 1, "b": 1})),
    ] {
        assert!(holds(wanted.clone(), yes.clone()), "{wanted} {yes}");
        assert!(!holds(wanted.clone(), no.clone()), "{wanted} {no}");
    }
    for wanted in
        [json!({"min": 1}), json!({"max": 1}), json!({"contains": "1"}), json!({"starts_with": "1"})]
    {
        assert!(
            !holds(wanted.clone(), json!([1])),
            "what is neither number nor text passes no bound: {wanted}"
        );
    }
}

#[test]
fn a_bound_of_simulated_time_says_nothing_where_time_is_real() {
    let bound = Match::parse(json!({"max_simulated": 5})).unwrap();
    assert!(bound.mismatch(Some(&json!(6)), true).is_some());
    assert!(bound.mismatch(Some(&json!(6)), false).is_none());
}

#[test]
fn a_member_that_is_not_there_is_a_mismatch_that_names_it() {
    let wanted = Match::parse(json!({"receipt": {"progress": 3}})).unwrap();
    let why = wanted.mismatch(Some(&json!({"receipt": {}})), true).unwrap();
    assert_eq!(why, "`receipt` `progress` is null, not 3");
}

#[test]
fn tests_beside_members_and_tests_of_nonsense_are_refused() {
    let mixed = Match::parse(json!({"min": 1, "wall_ms": 2})).unwrap_err();
    assert_eq!(mixed, MatchError::Mixed { test: "min".to_owned(), member: "wall_ms".to_owned() });
    assert!(matches!(Match::parse(json!({"min": "much"})), Err(MatchError::Test(_))));
    assert!(matches!(Match::parse(json!({"one_of": 3})), Err(MatchError::Test(_))));
}

#[test]
fn a_number_that_json_does_not_have_is_no_bound_that_holds_for_everything() {
    let nan = |text: &str| toml::from_str::<BTreeMap<String, Match>>(text).unwrap_err().to_string();
    for text in
        ["value = nan", "value = { min = nan }", "value = { a = { max = -nan } }", "value = { not = inf }"]
    {
        assert!(nan(text).contains("`nan` is no number"), "{text}: {}", nan(text));
    }
}
