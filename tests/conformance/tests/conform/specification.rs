//! `SPEC.md` has all that there is.

use dormouse_conformance::protocol::{Capability, EVENTS, OPS, RECEIPT};

#[test]
fn the_specification_names_every_operation_event_member_figure_and_capability() {
    let text = include_str!("../../SPEC.md");
    let named = |word: &str| text.contains(&format!("`{word}`")) || text.contains(&format!("\"{word}\""));
    let members = EVENTS.iter().flat_map(|(_, members)| members.iter().copied());
    let words = OPS.iter().copied().chain(EVENTS.iter().map(|(word, _)| *word)).chain(members);
    let words = words.chain(RECEIPT.iter().copied()).chain(Capability::ALL.iter().map(|can| can.as_str()));
    let missing: Vec<&str> = words.filter(|word| !named(word)).collect();
    assert_eq!(missing, [""; 0], "SPEC.md does not name these");
}
