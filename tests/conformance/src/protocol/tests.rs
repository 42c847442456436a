use serde_json::{Map, Value, json};

use super::*;

#[test]
fn a_line_is_written_as_the_specification_has_it() {
    let request = Request { id: 3, op: Op::Pass { ms: 250 } };
    assert_eq!(serde_json::to_value(&request).unwrap(), json!({ "id": 3, "op": "pass", "ms": 250 }));
    let kind = EventKind::Started { activation: "a".into(), run: "r".into(), attempt: 1 };
    let line = Line::Event(Event { seq: 7, at_ms: 1.5, registration: "t".into(), kind });
    let written = json!({ "event": {
        "seq": 7, "at_ms": 1.5, "registration": "t", "event": "started", "activation": "a", "run": "r", "attempt": 1,
    } });
    assert_eq!(serde_json::to_value(&line).unwrap(), written);
    assert_eq!(serde_json::from_value::<Line>(written).unwrap(), line);
    for (reply, written) in [
        (Reply::done(), json!({ "ok": {} })),
        (
            Reply::refused("spent", "it has fired"),
            json!({ "refused": { "reason": "spent", "text": "it has fired" } }),
        ),
        (Reply::Unsupported("no".into()), json!({ "unsupported": "no" })),
        (Reply::failed("oh"), json!({ "failed": "oh" })),
    ] {
        let line = Line::Answer(Answer { id: 3, reply });
        let written = json!({ "answer": { "id": 3, "reply": written } });
        assert_eq!(serde_json::to_value(&line).unwrap(), written);
        assert_eq!(serde_json::from_value::<Line>(written).unwrap(), line);
    }
}

#[test]
fn what_is_no_line_is_refused() {
    for bad in [
        json!({}),
        json!({ "event": { "seq": 1 } }),
        json!({ "event": { "seq": 1, "at_ms": 0, "registration": "t", "event": "exploded" } }),
        json!({ "event": { "seq": 1, "at_ms": 0, "registration": "t", "event": "started", "run": "r" } }),
        json!({ "event": { "at_ms": 0, "registration": "t", "event": "spent" } }),
        json!({ "event": { "seq": 1, "at_ms": 0, "registration": "t", "event": "spent", "more": 1 } }),
        json!({ "event": { "seq": 1, "at_ms": 0, "registration": "t" } }),
        json!({ "event": { "seq": 1, "at_ms": 0, "registration": "t", "event": "spent" }, "answer": {} }),
        json!({ "answer": { "id": 1, "reply": { "maybe": {} } } }),
        json!({ "answer": { "id": 1, "reply": { "ok": {} }, "more": 1 } }),
        json!({ "answer": { "reply": { "ok": {} } } }),
    ] {
        assert!(serde_json::from_value::<Line>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn an_end_says_what_its_outcome_has_and_nothing_else() {
    let every =
        json!({ "run": "r", "activation": "a", "attempt": 1, "receipt": { "wall_ms": 1.5, "later": {} } });
    let value = |member: &str| match member {
        "forced" => json!(true),
        "open" => json!(1),
        _ => json!("x"),
    };
    let is_read = |end: &Map<String, Value>| {
        let mut event = end.clone();
        for (name, value) in
            [("seq", json!(1)), ("at_ms", json!(0)), ("registration", json!("t")), ("event", json!("ended"))]
        {
            event.insert(name.to_owned(), value);
        }
        let line = json!({ "event": event });
        let told = serde_json::from_value::<Line>(line).is_ok();
        let recorded = serde_json::from_value::<Recorded>(end.clone().into()).is_ok();
        assert_eq!(told, recorded, "{end:?}");
        told
    };
    for (outcome, members) in OUTCOMES {
        let mut end = every.as_object().unwrap().clone();
        end.insert("outcome".to_owned(), json!(outcome));
        end.extend(members.iter().map(|member| ((*member).to_owned(), value(member))));
        assert!(is_read(&end), "{end:?}");
        for member in end.keys() {
            let mut less = end.clone();
            less.remove(member);
            assert!(!is_read(&less), "{outcome} without {member}");
            less.insert(member.clone(), Value::Null);
            assert!(!is_read(&less), "{outcome} with a {member} of null");
        }
        for foreign in OUTCOMES.iter().flat_map(|(_, members)| *members).chain(&["text"]) {
            let mut more = end.clone();
            assert!(
                more.insert((*foreign).to_owned(), value(foreign)).is_some() || !is_read(&more),
                "{outcome} with {foreign}"
            );
        }
    }
    let mut unheard = every.as_object().unwrap().clone();
    unheard.insert("outcome".to_owned(), json!("vanished"));
    assert!(!is_read(&unheard));
}

#[test]
fn a_capability_of_a_later_version_is_no_reason_to_stop() {
    let hello = json!({ "protocol": 1, "name": "h", "version": "1", "capabilities": ["tasks", "telepathy"] });
    let hello: Hello = serde_json::from_value(hello).unwrap();
    assert_eq!(hello.capabilities, [Capability::Tasks]);
}

#[test]
fn the_lists_of_words_are_those_of_the_types() {
    assert_eq!(serde_json::to_value(Op::Settle).unwrap(), json!({ "op": "settle" }));
    let mut seen = std::collections::BTreeSet::new();
    for word in OPS {
        assert!(seen.insert(*word), "{word} twice");
        // A word that is none would be an unknown variant; one that is lacks its members at most.
        let error = serde_json::from_value::<Op>(json!({ "op": word }))
            .map(drop)
            .err()
            .map(|error| error.to_string());
        assert!(error.is_none_or(|error| error.contains("missing field")), "{word}");
    }
    for (word, members) in EVENTS {
        let mut event = Map::from_iter([("event".to_owned(), json!(word))]);
        assert!(seen.insert(*word) || OPS.contains(word));
        // Of each member some value fits.
        let values = [json!("stdout"), json!(1), json!(true), json!([]), json!({})];
        for _ in 0..2 {
            for member in *members {
                let fits = |value: &&Value| {
                    let mut event = event.clone();
                    event.insert((*member).to_owned(), (*value).clone());
                    let error = serde_json::from_value::<EventKind>(event.into()).err();
                    error.is_none_or(|error| error.to_string().contains("missing field"))
                };
                let value = values.iter().find(fits).unwrap_or_else(|| panic!("{word} has no {member}"));
                event.insert((*member).to_owned(), value.clone());
            }
        }
        let kind = serde_json::from_value::<EventKind>(event.clone().into());
        assert_eq!(kind.unwrap_or_else(|error| panic!("{word}: {error}")).word(), *word);
        for member in *members {
            let mut less = event.clone();
            less.remove(*member);
            let is_optional = *word == "ended";
            assert!(
                is_optional || serde_json::from_value::<EventKind>(less.into()).is_err(),
                "{word} without {member}"
            );
        }
    }
    for capability in Capability::ALL {
        assert_eq!(serde_json::to_value(capability).unwrap(), json!(capability.as_str()));
    }
    let receipt = serde_json::from_value::<Receipt>(
        RECEIPT.iter().map(|name| ((*name).to_owned(), json!(1))).collect(),
    );
    assert_eq!(serde_json::to_value(receipt.unwrap()).unwrap().as_object().unwrap().len(), RECEIPT.len());
}
