//! What lists and streams are narrowed to. By default they are not.

use dormouse_core::{ActivationId, AppId, Cursor, OutcomeKind, RegistrationId, RunId};

use crate::api::Moment;

/// Which registrations.
#[derive(Clone, Debug, Default)]
pub struct RegistrationsQuery {
    /// Of this app.
    pub app: Option<AppId>,
    /// Of this name.
    pub name: Option<String>,
    /// In this group.
    pub group: Option<String>,
    /// So many at most.
    pub limit: Option<usize>,
    /// Behind the page that had this as its [`next`](crate::api::Page::next).
    pub before: Option<String>,
}

/// Which runs that ended, the newest first.
#[derive(Clone, Debug, Default)]
pub struct RunsQuery {
    /// Of this app.
    pub app: Option<AppId>,
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// Of this activation.
    pub activation: Option<ActivationId>,
    /// That ended then or later.
    pub since: Option<Moment>,
    /// That ended before then.
    pub until: Option<Moment>,
    /// That ended so.
    pub outcome: Option<OutcomeKind>,
    /// So many at most.
    pub limit: Option<usize>,
    /// Behind the page that had this as its [`next`](crate::api::Page::next).
    pub before: Option<String>,
}

/// Which dead letters, the newest first.
#[derive(Clone, Debug, Default)]
pub struct DeadLettersQuery {
    /// Of this app.
    pub app: Option<AppId>,
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// So many at most.
    pub limit: Option<usize>,
    /// Behind the page that had this as its [`next`](crate::api::Page::next).
    pub before: Option<String>,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventsQuery {
    /// Of this app.
    pub app: Option<AppId>,
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Of these kinds, with commas between: the words in `event`.
    pub kind: Option<String>,
}

/// Which completions, and from where.
#[derive(Clone, Debug, Default)]
pub struct CompletionsQuery {
    /// As this subscriber, whose cursor says where to begin.
    pub subscriber: Option<String>,
    /// Of this app.
    pub app: Option<AppId>,
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// From behind this one, whatever the subscriber's cursor says.
    pub after: Option<Cursor>,
    /// Move the subscriber's cursor with what is written, without waiting to be told that it was read.
    pub auto_ack: bool,
}
