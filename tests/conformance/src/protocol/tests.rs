use serde_json::{Value, json};

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
        json!({ "answer": { "id": 1, "reply": { "maybe": {} } } }),
        json!({ "answer": { "id": 1, "reply": { "ok": {} }, "more": 1 } }),
        json!({ "answer": { "reply": { "ok": {} } } }),
    ] {
        assert!(serde_json::from_value::<Line>(bad.clone()).is_err(), "{bad}");
    }
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
        let mut event = serde_json::Map::from_iter([("event".to_owned(), json!(word))]);
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
