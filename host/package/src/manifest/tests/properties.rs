//! Whatever the bytes are, the answer is a manifest or an error with a place.

use proptest::prelude::*;

use super::*;

fn answers(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Err(error) = Manifest::parse(bytes) {
        let message = error.to_string();
        prop_assert!(message.starts_with("dormouse.toml:"), "{}", message);
        prop_assert!(message.len() < 4_000, "{}", message);
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        prop_assert!(error.line().is_none_or(|line| (1..=lines).contains(&line)), "{}", message);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        answers(&bytes)?;
    }

    #[test]
    fn any_text_of_toml(text in r#"([a-z."'\[\]{}=,#\n0-9-]|package|registrations|trigger|true| = ){0,200}"#) {
        answers(text.as_bytes())?;
    }

    #[test]
    fn a_good_manifest_with_some_of_it_changed(
        edits in prop::collection::vec((0..WHOLE.len(), 0..20_usize, prop::collection::vec(any::<u8>(), 0..8)), 1..4),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, len, new) in edits {
            let at = at.min(bytes.len());
            let end = (at + len).min(bytes.len());
            bytes.splice(at..end, new);
        }
        answers(&bytes)?;
    }

    #[test]
    fn a_good_manifest_with_a_value_changed(
        line in 0..WHOLE.lines().count(),
        value in r#"'[ -~]{0,30}'|-?[0-9]{1,20}|[0-9.e]{1,5}|true|\[\]|\{\}|\['', 1\]|nan"#,
    ) {
        let text: String = WHOLE
            .lines()
            .enumerate()
            .map(|(n, text)| match text.split_once(" = ") {
                Some((key, _)) if n == line => format!("{key} = {value}\n"),
                _ => format!("{text}\n"),
            })
            .collect();
        answers(text.as_bytes())?;
    }
}
