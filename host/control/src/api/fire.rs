//! Firings and signals.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dormouse::Fired;
use dormouse_core::{ActivationId, Message, Refusal, RegistrationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::RefusalWord;

/// A wish to fire a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FireRequest {
    /// What the task gets, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg: Option<String>,
    /// What the task gets, as bytes in base64; instead of `arg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg_base64: Option<String>,
    /// Makes the firing one and the same however often it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A payload that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadRefused {
    /// It is given twice.
    #[error("`{text}` and `{text}_base64` are both given; leave one of them out")]
    Twice {
        /// The one of the two that is text.
        text: &'static str,
    },
    /// It is no base64.
    #[error("`{field}` is no base64: {source}")]
    Base64 {
        /// Which.
        field: &'static str,
        /// What is wrong.
        source: base64::DecodeError,
    },
}

impl PayloadRefused {
    /// Which field is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Twice { text } => text,
            Self::Base64 { field, .. } => field,
        }
    }
}

/// The media type of a body and its bytes, none if there is none. Where nobody says another type it is that of text or of
/// bytes.
pub(super) fn body(
    content_type: Option<String>,
    text: Option<&String>,
    base64: Option<&String>,
) -> Result<(String, Vec<u8>), PayloadRefused> {
    let bytes = payload(["body", "body_base64"], text, base64)?.unwrap_or_default();
    let usual = if text.is_some() { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    Ok((content_type.unwrap_or_else(|| usual.to_owned()), bytes))
}

/// The bytes of a payload; none if there is none.
fn payload(
    [text_name, base64_name]: [&'static str; 2],
    text: Option<&String>,
    base64: Option<&String>,
) -> Result<Option<Vec<u8>>, PayloadRefused> {
    match (text, base64) {
        (Some(_), Some(_)) => Err(PayloadRefused::Twice { text: text_name }),
        (Some(text), None) => Ok(Some(text.clone().into_bytes())),
        (None, Some(base64)) => match BASE64_STANDARD.decode(base64) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) => Err(PayloadRefused::Base64 { field: base64_name, source }),
        },
        (None, None) => Ok(None),
    }
}

impl FireRequest {
    /// What the task gets; none if nothing comes with the firing.
    ///
    /// # Errors
    ///
    /// [`PayloadRefused`] names the field.
    pub fn payload(&self) -> Result<Option<Vec<u8>>, PayloadRefused> {
        payload(["arg", "arg_base64"], self.arg.as_ref(), self.arg_base64.as_ref())
    }
}

/// What an accepted firing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FireResult {
    /// It is an activation, which runs or will.
    Accepted,
    /// It was counted into an activation that waits.
    Coalesced,
    /// The same firing was accepted before.
    Duplicate,
}

/// A firing that was accepted. It is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FiredView {
    /// What it came to.
    pub result: FireResult,
    /// The activation that stands for it.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
}

impl TryFrom<Fired> for FiredView {
    type Error = Refusal;

    fn try_from(fired: Fired) -> Result<Self, Refusal> {
        let (result, activation) = match fired {
            Fired::Accepted(id) => (FireResult::Accepted, id),
            Fired::Coalesced(id) => (FireResult::Coalesced, id),
            Fired::Duplicate(id) => (FireResult::Duplicate, id),
            Fired::Refused(refusal) => return Err(refusal),
        };
        Ok(Self { result, activation })
    }
}

/// A signal or a message on a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalRequest {
    /// The topic, compared as it stands.
    pub topic: String,
    /// The media type of the body. By default that of text or of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The body, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body, as bytes in base64; instead of `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

impl SignalRequest {
    /// The message.
    ///
    /// # Errors
    ///
    /// [`PayloadRefused`] names the field.
    pub fn message(&self) -> Result<Message, PayloadRefused> {
        let (content_type, body) =
            body(self.content_type.clone(), self.body.as_ref(), self.body_base64.as_ref())?;
        Ok(Message { topic: self.topic.clone(), content_type, body })
    }
}

/// What a signal came to for one registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignaledView {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub registration: RegistrationId,
    /// What.
    pub result: SignaledResult,
    /// The activation that stands for it, unless it was refused.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<ActivationId>,
    /// Why it was refused.
    #[schema(value_type = Option<RefusalWord>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Refusal>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What a signal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignaledResult {
    /// It is an activation, which runs or will.
    Accepted,
    /// It was counted into an activation that waits.
    Coalesced,
    /// The same firing was accepted before.
    Duplicate,
    /// It starts nothing.
    Refused,
}

impl From<(RegistrationId, Fired)> for SignaledView {
    fn from((registration, fired): (RegistrationId, Fired)) -> Self {
        let (result, reason) = match fired {
            Fired::Accepted(_) => (SignaledResult::Accepted, None),
            Fired::Coalesced(_) => (SignaledResult::Coalesced, None),
            Fired::Duplicate(_) => (SignaledResult::Duplicate, None),
            Fired::Refused(reason) => (SignaledResult::Refused, Some(reason)),
        };
        let text = reason.map(|reason| reason.to_string());
        Self { registration, result, activation: fired.activation(), reason, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_text_or_bytes_and_not_both() {
        let fire = |json: &str| serde_json::from_str::<FireRequest>(json).unwrap().payload();
        assert_eq!(fire("{}"), Ok(None));
        assert_eq!(fire(r#"{"arg":""}"#), Ok(Some(Vec::new())));
        assert_eq!(fire(r#"{"arg":"a"}"#), Ok(Some(b"a".to_vec())));
        assert_eq!(fire(r#"{"arg_base64":"/w=="}"#), Ok(Some(vec![255])));
        assert_eq!(fire(r#"{"arg_base64":"?"}"#).unwrap_err().field(), "arg_base64");
        assert_eq!(fire(r#"{"arg":"a","arg_base64":""}"#).unwrap_err().field(), "arg");
    }
}
