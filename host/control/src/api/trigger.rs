//! Triggers, as objects and as people write them.

use std::time::Duration;

use dormouse_core::Trigger;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::words::TriggerWord;

/// What the document says of a [`Trigger`]: what it has beside its kind differs with that, and grows.
#[derive(Debug)]
pub(crate) enum TriggerObject {}

impl PartialSchema for TriggerObject {
    fn schema() -> RefOr<Schema> {
        let text = "A trigger by its `kind`, with what that kind has: `{\"kind\":\"message\",\"topic\":\"orders\"}`, \
                    `{\"kind\":\"time\",\"every\":{\"secs\":900,\"nanos\":0},\"one_shot\":false,\"misfire\":\"coalesce\"}`";
        let object = ObjectBuilder::new()
            .property("kind", TriggerWord::schema())
            .required("kind")
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some(text));
        object.into()
    }
}

impl ToSchema for TriggerObject {
    fn name() -> std::borrow::Cow<'static, str> {
        "Trigger".into()
    }
}

/// Reads a trigger and refuses what this version would not keep of it.
///
/// # Errors
///
/// The field that is unknown or wrong.
pub(crate) fn strict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Trigger, D::Error> {
    use serde::de::Error;
    let given = Value::deserialize(deserializer)?;
    let trigger: Trigger = serde_json::from_value(given.clone()).map_err(D::Error::custom)?;
    let kept = serde_json::to_value(&trigger).map_err(D::Error::custom)?;
    match unknown(&given, &kept) {
        Some(field) => Err(D::Error::custom(format!("a {} trigger has no field `{field}`", trigger.kind()))),
        None => Ok(trigger),
    }
}

/// The first field of `given` that `kept` does not have.
fn unknown(given: &Value, kept: &Value) -> Option<String> {
    given.as_object()?.iter().find_map(|(name, value)| match kept.get(name) {
        None => Some(name.chars().take(64).collect()),
        Some(kept) => unknown(value, kept),
    })
}

/// A span as it is written in flags: `5m`, `1h 30m`.
fn period(span: Duration) -> String {
    SignedDuration::try_from(span).map_or_else(|_| format!("{span:?}"), |span| format!("{span:#}"))
}

/// A trigger in a few words.
#[must_use]
pub fn describe_trigger(trigger: &Trigger) -> String {
    let once = if trigger.one_shot() { ", once" } else { "" };
    match trigger {
        Trigger::Application => "application".to_owned(),
        Trigger::Time(time) if time.one_shot => format!("once, after {}", period(time.every)),
        Trigger::Time(time) => format!("every {}", period(time.every)),
        Trigger::Cron(cron) => format!("cron {} {}", cron.expression, cron.time_zone),
        Trigger::Maintenance(time) => format!("maintenance {}{once}", period(time.every)),
        Trigger::System(system) => format!("system {}{once}", system.event),
        Trigger::Filesystem(watch) if watch.recursive => format!("watch {}, recursive", watch.directory),
        Trigger::Filesystem(watch) => format!("watch {}", watch.directory),
        Trigger::Socket(socket) => format!("listen {}", socket.listen),
        Trigger::Signal(signal) => format!("signal {}{once}", signal.topic),
        Trigger::Message(message) => format!("message {}", message.topic),
        other => other.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::{CronTrigger, SystemEvent, SystemTrigger, TimeTrigger};

    use super::*;

    #[test]
    fn a_trigger_reads_as_its_flags_do() {
        for (trigger, text) in [
            (Trigger::Application, "application"),
            (Trigger::Time(TimeTrigger::periodic(Duration::from_secs(300))), "every 5m"),
            (Trigger::Time(TimeTrigger::once(Duration::from_secs(5400))), "once, after 1h 30m"),
            (Trigger::Cron(CronTrigger::new("0 * * * *")), "cron 0 * * * * UTC"),
            (Trigger::System(SystemTrigger::once(SystemEvent::UserAway)), "system user-away, once"),
        ] {
            assert_eq!(describe_trigger(&trigger), text);
            let json = serde_json::to_value(&trigger).unwrap();
            assert_eq!(strict(json).unwrap(), trigger);
        }
    }

    #[test]
    fn a_field_that_would_be_ignored_is_refused_by_name() {
        for (json, said) in [
            (r#"{"kind":"message","topic":"a","one_shot":true}"#, "has no field `one_shot`"),
            (
                r#"{"kind":"time","every":{"secs":900,"nanos":0,"ms":1},"one_shot":false,"misfire":"skip"}"#,
                "unknown field `ms`",
            ),
        ] {
            let given: Value = serde_json::from_str(json).unwrap();
            let error = strict(given).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
