//! What there is to wait for.

use dormouse_core::TriggerKind;
use dormouse_core::condition::Holds;
use dormouse_core::trigger::catalog::{Entry, Here};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{HoldsWord, TriggerWord};

/// One of UWP's triggers, or one that only Dormouse has, and what it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TriggerCatalogView {
    /// UWP's name for it; none for what only Dormouse has.
    pub uwp: Option<String>,
    /// What it is about.
    pub family: String,
    /// `built`, `supplied` or `refused`.
    pub here: String,
    /// The kind of trigger that stands for it; none if nothing does.
    #[schema(value_type = Option<TriggerWord>)]
    pub kind: Option<TriggerKind>,
    /// How a manifest has it; none if it cannot have it.
    pub written: Option<String>,
    /// Who raises it, or why it is refused and what to use instead.
    pub note: String,
}

impl From<&Entry> for TriggerCatalogView {
    fn from(entry: &Entry) -> Self {
        let note = match entry.here {
            Here::Built { .. } | Here::Event(_) => String::new(),
            Here::Supplied { by, .. } => format!("raised by {by}"),
            Here::Refused { reason, instead } => format!("{reason}; use {instead}"),
        };
        Self {
            uwp: entry.uwp.map(str::to_owned),
            family: entry.family.to_owned(),
            here: entry.here.as_str().to_owned(),
            kind: entry.here.kind(),
            written: entry.here.written(),
            note,
        }
    }
}

/// A condition, or a way to write one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConditionView {
    /// How it is written.
    pub condition: String,
    /// Whether it holds; none if it is written with something of one's own.
    #[schema(value_type = Option<HoldsWord>)]
    pub holds: Option<Holds>,
    /// What it says.
    pub means: String,
    /// Why nobody knows whether it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
