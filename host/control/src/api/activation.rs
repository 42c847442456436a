//! Activations, and how they ended.

use dormouse_core::activation::{Activation, ActivationState};
use dormouse_core::{ActivationId, AppId, Completion, Cursor, RegistrationId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, OutcomeView, RunView, WhyView};

/// One occasion on which a registration was woken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivationView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// The registration that was woken.
    #[schema(value_type = uuid::Uuid)]
    pub registration: RegistrationId,
    /// The app that owns it.
    #[schema(value_type = String)]
    pub app: AppId,
    /// `pending`, `running`, `ended` or `withdrawn`.
    pub state: String,
    /// What makes the firing one and the same however often it is said.
    pub key: String,
    /// How many firings it stands for.
    pub coalesced: u32,
    /// The moment that the schedule names.
    pub scheduled_for: Option<Moment>,
    /// When it fired first.
    pub fired_at: Moment,
    /// It does not run earlier: the backoff before its next attempt. None without one.
    pub not_before: Option<Moment>,
    /// How many attempts there were.
    pub attempts: u64,
    /// Those that failed and were followed by another.
    pub failures: u32,
    /// Those that the host's own end cut off.
    pub interruptions: u32,
    /// The run that goes on.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub run: Option<RunId>,
    /// When that started.
    pub since: Option<Moment>,
    /// When it was over.
    pub ended_at: Option<Moment>,
    /// How it ended.
    pub outcome: Option<OutcomeView>,
    /// Why it waits, if it does and the host knows of its registration.
    pub why: Option<WhyView>,
    /// Its runs that ended, the newest first.
    pub runs: Vec<RunView>,
}

impl From<&Activation> for ActivationView {
    fn from(activation: &Activation) -> Self {
        let (run, since, ended_at, outcome) = match &activation.state {
            ActivationState::Pending => (None, None, None, None),
            ActivationState::Running(running) => (Some(running.run), Some(running.since), None, None),
            ActivationState::Ended { outcome, at } => (None, None, Some(*at), Some(outcome.into())),
            ActivationState::Withdrawn { at } => (None, None, Some(*at), None),
        };
        Self {
            activation: activation.id,
            registration: activation.registration,
            app: activation.app.clone(),
            state: activation.state.as_str().to_owned(),
            key: activation.given_key().to_owned(),
            coalesced: activation.coalesced,
            scheduled_for: activation.scheduled_for.map(Moment),
            fired_at: activation.fired_at.into(),
            not_before: (activation.failures > 0).then(|| activation.not_before.into()),
            attempts: activation.fence.0,
            failures: activation.failures,
            interruptions: activation.interruptions,
            run,
            since: since.map(Moment),
            ended_at: ended_at.map(Moment),
            outcome,
            why: None,
            runs: Vec::new(),
        }
    }
}

/// How an activation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CompletionView {
    /// Its place in the journal.
    #[schema(value_type = u64)]
    pub cursor: Cursor,
    /// How many firings it stood for.
    pub coalesced: u32,
    /// Its last run.
    #[serde(flatten)]
    pub run: RunView,
}

impl From<&Completion> for CompletionView {
    fn from(completion: &Completion) -> Self {
        Self { cursor: completion.cursor, coalesced: completion.coalesced, run: (&*completion.run).into() }
    }
}

/// A run is so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgressView {
    /// The registration.
    #[schema(value_type = uuid::Uuid)]
    pub registration: RegistrationId,
    /// The activation.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// The run.
    #[schema(value_type = uuid::Uuid)]
    pub run: RunId,
    /// The value; the app says what it means.
    pub value: u32,
}

impl From<&dormouse::Progress> for ProgressView {
    fn from(progress: &dormouse::Progress) -> Self {
        Self {
            registration: progress.registration,
            activation: progress.activation,
            run: progress.run,
            value: progress.value,
        }
    }
}

/// Completions that were let go of before the subscriber read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissedView {
    /// Behind this one.
    #[schema(value_type = u64)]
    pub from: Cursor,
    /// Up to this one.
    #[schema(value_type = u64)]
    pub to: Cursor,
}
