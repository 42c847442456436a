//! Registrations, and how they are made.

use std::collections::BTreeMap;

use dormouse::Outlook;
use dormouse_core::registration::{RegistrationRecord, RegistrationStatus};
use dormouse_core::retry::RetryPolicyError;
use dormouse_core::{
    AccessStatus, AppId, Condition, LimitsRequest, Overlap, RegistrationId, RetryPolicy, TaskBuilder, Trigger,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::span;
use super::trigger::TriggerObject;
use super::words::{AccessWord, ConditionWord, OverlapObject, StatusWord};
use super::{ContradictionView, LimitsView, Moment, RetryView, SpanRefused, describe_trigger};

/// A registration with what its firings left on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub app: AppId,
    /// The group that it is in.
    pub group: Option<String>,
    /// A label, not a key.
    pub name: String,
    /// Which of the app's components runs; none if it runs in its app's own instance.
    pub entry_point: Option<String>,
    /// What wakes it.
    #[schema(value_type = TriggerObject)]
    pub trigger: Trigger,
    /// What wakes it, in a few words.
    pub trigger_text: String,
    /// What must hold before it starts.
    #[schema(value_type = Vec<ConditionWord>)]
    pub conditions: Vec<Condition>,
    /// Whether a run is cancelled when a condition stops to hold.
    pub cancel_on_condition_loss: bool,
    /// What a firing becomes while it is busy.
    #[schema(value_type = OverlapObject)]
    pub overlap: Overlap,
    /// What a run may use.
    pub limits: LimitsView,
    /// What follows a failure.
    pub retry: RetryView,
    /// The names of the guest's environment variables. Their values are not shown: they may be secrets.
    pub env: Vec<String>,
    /// The guest's arguments after its own name.
    pub args: Vec<String>,
    /// When it was made.
    pub registered_at: Moment,
    /// Whether it still fires.
    #[schema(value_type = StatusWord)]
    pub status: RegistrationStatus,
    /// How often in a row the host fell while a run of it was under way.
    pub crashes: u32,
    /// When its schedule fires next.
    pub next: Option<Moment>,
    /// How many activations wait.
    pub waiting: u32,
    /// How many run, on whichever host.
    pub running: u32,
    /// It is in quarantine: how often in a row the host fell while a run of it was under way.
    pub quarantined: Option<u32>,
}

impl RegistrationView {
    /// A registration with what comes of it and goes on.
    #[must_use]
    pub fn new(record: &RegistrationRecord, outlook: &Outlook) -> Self {
        let registration = &record.registration;
        Self {
            id: registration.id,
            app: registration.app.clone(),
            group: registration.group.clone(),
            name: registration.name.clone(),
            entry_point: registration.entry_point.clone(),
            trigger: registration.trigger.clone(),
            trigger_text: describe_trigger(&registration.trigger),
            conditions: registration.conditions.clone(),
            cancel_on_condition_loss: registration.cancel_on_condition_loss,
            overlap: registration.overlap,
            limits: registration.limits().into(),
            retry: (&registration.retry).into(),
            env: registration.env.iter().map(|(name, _)| name.clone()).collect(),
            args: registration.args.clone(),
            registered_at: registration.registered_at.into(),
            status: record.status,
            crashes: record.crashes,
            next: outlook.next.map(Moment),
            waiting: outlook.waiting,
            running: outlook.running,
            quarantined: outlook.quarantined,
        }
    }
}

/// A wish to register a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Whose it is.
    #[schema(value_type = String)]
    pub app: AppId,
    /// A label, not a key.
    pub name: String,
    /// The group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Which of the app's components runs. Without one, it runs in its app's own instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<String>,
    /// What wakes it.
    #[schema(value_type = TriggerObject)]
    #[serde(deserialize_with = "super::trigger::strict")]
    pub trigger: Trigger,
    /// What must hold before it starts.
    #[schema(value_type = Vec<ConditionWord>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Whether a run is cancelled when a condition stops to hold.
    #[serde(default)]
    pub cancel_on_condition_loss: bool,
    /// What a firing becomes while it is busy. By default `refuse` for application triggers, `queue` for messages and
    /// sockets, `coalesce` for all others.
    #[schema(value_type = Option<OverlapObject>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// What a run may use.
    #[serde(default)]
    pub limits: LimitsView,
    /// What follows a failure. By default nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryView>,
    /// The guest's environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The guest's arguments after its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// What to do when the app has one of the same group and name.
    #[serde(default)]
    pub if_exists: IfExists,
}

/// What to do when an app has a registration of the same group and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IfExists {
    /// Leave it if it says the same; else replace what it says, at once, and keep its id.
    #[default]
    Replace,
    /// Leave it as it is.
    Keep,
    /// Refuse.
    Error,
    /// Make another one.
    Duplicate,
}

impl From<IfExists> for dormouse::IfExists {
    fn from(asked: IfExists) -> Self {
        match asked {
            IfExists::Replace => Self::ReplaceIfDifferent,
            IfExists::Keep => Self::Keep,
            IfExists::Error => Self::Error,
            IfExists::Duplicate => Self::AllowDuplicate,
        }
    }
}

/// What is wrong with a wish to register before a host looks at it.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RegisterRefused {
    /// A span.
    #[error(transparent)]
    Span(#[from] SpanRefused),
    /// What follows a failure.
    #[error("`retry` is not valid: {0}")]
    Retry(#[from] RetryPolicyError),
}

impl RegisterRefused {
    /// Which field is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Span(span) => span.field,
            Self::Retry(_) => "retry",
        }
    }
}

impl RegisterRequest {
    /// The builder that makes it.
    ///
    /// # Errors
    ///
    /// [`RegisterRefused`] names the field.
    pub fn builder(&self) -> Result<TaskBuilder, RegisterRefused> {
        let mut builder = TaskBuilder::new(&self.name)
            .trigger(self.trigger.clone())
            .cancel_on_condition_loss(self.cancel_on_condition_loss)
            .limits(LimitsRequest::try_from(&self.limits)?);
        if let Some(entry_point) = &self.entry_point {
            builder = builder.entry_point(entry_point);
        }
        if let Some(group) = &self.group {
            builder = builder.group(group);
        }
        if let Some(overlap) = self.overlap {
            builder = builder.overlap(overlap);
        }
        if let Some(retry) = &self.retry {
            let (initial, max) =
                (span("retry.initial_ms", retry.initial_ms)?, span("retry.max_ms", retry.max_ms)?);
            builder = builder.retry(RetryPolicy::new(
                retry.max_attempts,
                initial,
                max,
                retry.factor,
                retry.jitter,
            )?);
        }
        for condition in &self.conditions {
            builder = builder.condition(condition.clone());
        }
        for (name, value) in &self.env {
            builder = builder.env(name, value);
        }
        for arg in &self.args {
            builder = builder.arg(arg);
        }
        Ok(builder)
    }
}

/// A registration that was made, or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisteredView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// Conditions that can never hold together: it will never run.
    pub contradictions: Vec<ContradictionView>,
    /// Whether its app's firings start anything.
    #[schema(value_type = AccessWord)]
    pub access: AccessStatus,
}

impl RegisteredView {
    /// What registering `name` came to.
    #[must_use]
    pub fn new(name: &str, registered: &dormouse::Registered) -> Self {
        let contradictions = contradictions(name, &registered.contradictions);
        Self { id: registered.id, contradictions, access: registered.access }
    }
}

/// A registration that could be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValidView {
    /// Conditions that can never hold together: it would never run.
    pub contradictions: Vec<ContradictionView>,
}

impl ValidView {
    /// What trying `name` came to.
    #[must_use]
    pub fn new(name: &str, pairs: &[(Condition, Condition)]) -> Self {
        Self { contradictions: contradictions(name, pairs) }
    }
}

fn contradictions(name: &str, pairs: &[(Condition, Condition)]) -> Vec<ContradictionView> {
    let views = pairs.iter().map(|(one, other)| ContradictionView {
        registration: name.to_owned(),
        conditions: [one.clone(), other.clone()],
    });
    views.collect()
}

/// A registration that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnregisteredView {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// Whether what ran of it was cancelled.
    pub canceled: bool,
}

/// A registration that was to be let out of quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedView {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// It was in quarantine, and is not any more.
    pub released: bool,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_request_needs_only_what_a_registration_needs_and_says_what_is_wrong() {
        let json = r#"{"app":"a","name":"n","entry_point":"main","trigger":{"kind":"application"},
            "conditions":["internet-available"],"retry":{"max_attempts":0}}"#;
        let request: RegisterRequest = serde_json::from_str(json).unwrap();
        assert_eq!(request.if_exists, IfExists::Replace);
        assert_eq!(request.builder().unwrap_err().field(), "retry");
        for (field, value) in [("trigger", r#"{"kind":"bluetooth"}"#), ("conditions", r#"["dry"]"#)] {
            let json =
                json.replace(r#"{"kind":"application"}"#, value).replace(r#"["internet-available"]"#, value);
            assert!(serde_json::from_str::<RegisterRequest>(&json).is_err(), "{field}");
        }
    }

    #[test]
    fn everything_that_a_task_can_be_arrives() {
        let request = RegisterRequest {
            app: AppId::new("a").unwrap(),
            name: "n".to_owned(),
            group: Some("g".to_owned()),
            entry_point: Some("main".to_owned()),
            trigger: Trigger::Application,
            conditions: vec![Condition::ExternalPower],
            cancel_on_condition_loss: true,
            overlap: Some(Overlap::Queue { max: 3 }),
            limits: LimitsView { wall_ms: Some(1_000.0), ..LimitsView::default() },
            retry: Some(RetryView::from(&RetryPolicy::exponential(4).unwrap())),
            env: [("A".to_owned(), "b".to_owned())].into(),
            args: vec!["x".to_owned()],
            if_exists: IfExists::Duplicate,
        };
        let json = serde_json::to_string(&request).unwrap();
        let request: RegisterRequest = serde_json::from_str(&json).unwrap();
        let expected = TaskBuilder::new("n")
            .group("g")
            .entry_point("main")
            .trigger(Trigger::Application)
            .condition(Condition::ExternalPower)
            .cancel_on_condition_loss(true)
            .overlap(Overlap::Queue { max: 3 })
            .limits(LimitsRequest { wall: Some(Duration::from_secs(1)), ..LimitsRequest::default() })
            .retry(RetryPolicy::exponential(4).unwrap())
            .env("A", "b")
            .arg("x");
        assert_eq!(format!("{:?}", request.builder().unwrap()), format!("{expected:?}"));
    }
}
