//! What is sent.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use dormouse_core::{Completion, Cursor, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::api::{CompletionView, MissedView};

/// A message, ready to be sent as often as it takes: the same bytes each time.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The same whenever the same is told.
    pub(super) id: String,
    /// JSON.
    pub(super) body: Bytes,
    /// For the jitter of its retries: messages of one moment do not come back together.
    pub(super) seed: u64,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Body<'a> {
    Completion {
        timestamp: String,
        webhook: &'a str,
        cursor: Cursor,
        completion: Box<CompletionView>,
    },
    Missed {
        timestamp: String,
        webhook: &'a str,
        #[serde(flatten)]
        missed: MissedView,
    },
    Test {
        timestamp: String,
        webhook: &'a str,
    },
}

impl Message {
    /// An activation ended.
    pub(super) fn completion(webhook: &str, completion: &Completion) -> Self {
        let (cursor, activation) = (completion.cursor, completion.run.activation);
        Self::new(
            &[webhook, "completion", &cursor.0.to_string(), &activation.to_string()],
            &Body::Completion {
                timestamp: completion.run.ended_at.to_string(),
                webhook,
                cursor,
                completion: Box::new(completion.into()),
            },
        )
    }

    /// What ended in between was let go of.
    pub(super) fn missed(webhook: &str, from: Cursor, to: Cursor, now: Timestamp) -> Self {
        Self::new(
            &[webhook, "missed", &from.0.to_string(), &to.0.to_string()],
            &Body::Missed { timestamp: now.to_string(), webhook, missed: MissedView { from, to } },
        )
    }

    /// Nothing happened: somebody looks whether the receiver is there.
    pub(super) fn test(webhook: &str, now: Timestamp) -> Self {
        Self::new(
            &[webhook, "test", &Uuid::new_v4().to_string()],
            &Body::Test { timestamp: now.to_string(), webhook },
        )
    }

    fn new(names: &[&str], body: &Body<'_>) -> Self {
        let digest: [u8; 32] = names
            .iter()
            // No name holds it, so that no two lists of them are one text.
            .fold(Sha256::new(), |digest, name| digest.chain_update(name).chain_update([0]))
            .finalize()
            .into();
        let [id @ .., _, _, _, _, _, _, _, _] = digest;
        let [.., a, b, c, d, e, f, g, h] = digest;
        Self {
            id: format!("msg_{}", URL_SAFE_NO_PAD.encode(id)),
            // Plain fields with names that are texts: nothing that serialising could refuse.
            body: serde_json::to_vec(body).unwrap_or_default().into(),
            seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_has_the_same_id_and_anything_else_another() {
        let at = Timestamp::from_millis(1);
        let of = |name, from, to| Message::missed(name, Cursor(from), Cursor(to), at).id;
        assert_eq!(of("a", 1, 23), of("a", 1, 23));
        for other in [of("b", 1, 23), of("a", 12, 3), of("a", 1, 24)] {
            assert_ne!(other, of("a", 1, 23));
        }
        let test = || Message::test("a", at).id;
        assert_ne!(test(), test());
        assert!(test().starts_with("msg_") && test().len() <= 64, "{}", test());
    }

    #[test]
    fn what_was_missed_is_told_with_its_type_first() {
        let message = Message::missed("a", Cursor(1), Cursor(9), Timestamp::from_millis(1));
        let body = String::from_utf8(message.body.to_vec()).unwrap();
        assert_eq!(
            body,
            r#"{"type":"missed","timestamp":"1970-01-01T00:00:00.001Z","webhook":"a","from":1,"to":9}"#
        );
    }
}
