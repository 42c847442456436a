//! Why is it not running? Why did it stop?

use dormouse_core::app::lifecycle::AppState;
use dormouse_core::condition::{Blocking, Holds};
use dormouse_core::explain::{AppWait, Explanation, RefusalRecord, Waiting, Why};
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::{AccessStatus, ActivationId, AppId, Condition, Refusal, RegistrationId, RunId, Trigger};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trigger::TriggerObject;
use super::words::{
    AccessWord, AppStateWord, AppWaitWord, ConditionWord, HoldsWord, RefusalWord, StatusWord,
};
use super::{Moment, RunView, describe_trigger};

/// All that is known of a registration, the answer first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationView {
    /// One sentence: why it is not running, or that it is.
    pub verdict: String,
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Its name.
    pub name: String,
    /// Which of the app's components runs; none if it runs in its app's own instance.
    pub entry_point: Option<String>,
    /// Where in its life its app is, if it runs in that.
    #[schema(value_type = Option<AppStateWord>)]
    pub app_state: Option<AppState>,
    /// What wakes it.
    #[schema(value_type = TriggerObject)]
    pub trigger: Trigger,
    /// What wakes it, in a few words.
    pub trigger_text: String,
    /// Whether it still fires.
    #[schema(value_type = StatusWord)]
    pub status: RegistrationStatus,
    /// It fires once in each life of the host, and has fired in this one.
    pub spent_this_session: bool,
    /// It is in quarantine: how often in a row the host fell while a run of it was under way.
    pub quarantined: Option<u32>,
    /// What the operator decided about its app; none if the app is not installed.
    #[schema(value_type = Option<AccessWord>)]
    pub access: Option<AccessStatus>,
    /// When its schedule fires next.
    pub next: Option<Moment>,
    /// Its conditions, those of its trigger and of its app's access among them, as they are now.
    pub conditions: Vec<ConditionState>,
    /// What waits, oldest first.
    pub waiting: Vec<WaitingView>,
    /// What runs.
    pub running: Vec<RunningSince>,
    /// How many more have a lease: they run on other hosts, or did when their host fell, or have just ended.
    pub elsewhere: u32,
    /// Firings that started nothing, the newest reason first.
    pub refusals: Vec<RefusalView>,
    /// Runs that ended, the newest first.
    pub history: Vec<RunView>,
}

/// A condition as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConditionState {
    /// Which.
    #[schema(value_type = ConditionWord)]
    pub condition: Condition,
    /// Whether it holds.
    #[schema(value_type = HoldsWord)]
    pub holds: Holds,
}

impl From<&Blocking> for ConditionState {
    fn from(blocking: &Blocking) -> Self {
        Self { condition: blocking.condition.clone(), holds: blocking.holds }
    }
}

/// Why an activation waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhyView {
    /// `conditions`, `slot`, `backoff`, `access`, `quarantined` or `nothing`; later versions may add.
    pub waits_for: String,
    /// For people: what comes after "it fired and".
    pub text: String,
    /// The conditions that do not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocking: Vec<ConditionState>,
    /// Since when it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Until when it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl From<&Why> for WhyView {
    fn from(why: &Why) -> Self {
        let of = |waits_for: &str| Self {
            waits_for: waits_for.to_owned(),
            text: why.to_string(),
            blocking: Vec::new(),
            since: None,
            until: None,
        };
        match why {
            Why::Conditions { blocking, since } => Self {
                blocking: blocking.iter().map(ConditionState::from).collect(),
                since: Some((*since).into()),
                ..of("conditions")
            },
            Why::Slot { since, .. } => Self { since: Some((*since).into()), ..of("slot") },
            Why::Backoff { until } => Self { until: Some((*until).into()), ..of("backoff") },
            Why::Access { .. } => of("access"),
            Why::Quarantined { .. } => of("quarantined"),
            Why::Nothing => of("nothing"),
            _ => of("other"),
        }
    }
}

/// An activation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingView {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// When it fired first.
    pub fired_at: Moment,
    /// How many firings it stands for.
    pub coalesced: u32,
    /// What it waits for.
    pub why: WhyView,
}

impl From<&Waiting> for WaitingView {
    fn from(waiting: &Waiting) -> Self {
        Self {
            activation: waiting.activation,
            fired_at: waiting.fired_at.into(),
            coalesced: waiting.coalesced,
            why: (&waiting.why).into(),
        }
    }
}

/// A run that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningSince {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub run: RunId,
    /// Its activation.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// Since when.
    pub since: Moment,
    /// Its app's CPU quota is spent: it is paused until the refill.
    pub paused: bool,
    /// What keeps it out of its app, in whose instance it runs; none if nothing does.
    #[schema(value_type = Option<AppWaitWord>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<AppWait>,
}

/// Firings that started nothing, for one reason, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalView {
    /// Why.
    #[schema(value_type = RefusalWord)]
    pub reason: Refusal,
    /// Why, for people.
    pub text: String,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Moment,
    /// The newest.
    pub last_at: Moment,
}

impl From<&RefusalRecord> for RefusalView {
    fn from(refused: &RefusalRecord) -> Self {
        Self {
            reason: refused.reason,
            text: refused.reason.to_string(),
            count: refused.count,
            first_at: refused.first_at.into(),
            last_at: refused.last_at.into(),
        }
    }
}

impl From<&Explanation> for ExplanationView {
    fn from(known: &Explanation) -> Self {
        let registration = &known.registration;
        let conditions = known.conditions.iter();
        let running = known.running.iter().map(|running| RunningSince {
            run: running.run,
            activation: running.activation,
            since: running.since.into(),
            paused: running.paused,
            waits: running.waits,
        });
        Self {
            verdict: known.verdict(),
            id: registration.id,
            app: registration.app.clone(),
            name: registration.name.clone(),
            entry_point: registration.entry_point.clone(),
            app_state: known.app,
            trigger: registration.trigger.clone(),
            trigger_text: describe_trigger(&registration.trigger),
            status: known.status,
            spent_this_session: known.spent_this_session,
            quarantined: known.quarantined,
            access: known.access,
            next: known.next.map(Moment),
            conditions: conditions
                .map(|(condition, holds)| ConditionState { condition: condition.clone(), holds: *holds })
                .collect(),
            waiting: known.waiting.iter().map(WaitingView::from).collect(),
            running: running.collect(),
            elsewhere: known.elsewhere,
            refusals: known.refusals.iter().map(RefusalView::from).collect(),
            history: known.history.iter().map(RunView::from).collect(),
        }
    }
}
