//! Registrations, and what fires them.

use dormouse_core::RegistrationId;

use super::{Client, ClientError, RegistrationsQuery};
use crate::api::{
    ExplanationView, FireRequest, FiredView, Page, RegisterRequest, RegisteredView, RegistrationView,
    ReleasedView, SignalRequest, SignaledView, UnregisteredView, ValidView,
};

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// What is registered.
    pub async fn registrations(
        &self,
        query: &RegistrationsQuery,
    ) -> Result<Page<RegistrationView>, ClientError> {
        let RegistrationsQuery { app, name, group, limit, before } = query;
        self.get(&["registrations"])
            .with("app", app.as_ref())
            .with("name", name.as_ref())
            .with("group", group.as_ref())
            .with("limit", limit.as_ref())
            .with("before", before.as_ref())
            .answer()
            .await
    }

    /// One registration.
    pub async fn registration(&self, id: RegistrationId) -> Result<RegistrationView, ClientError> {
        self.get(&["registrations", &id.to_string()]).answer().await
    }

    /// Registers a task.
    pub async fn register(&self, request: &RegisterRequest) -> Result<RegisteredView, ClientError> {
        self.post(&["registrations"]).json(request).answer().await
    }

    /// Says whether a task could be registered, and does not do it.
    pub async fn validate(&self, request: &RegisterRequest) -> Result<ValidView, ClientError> {
        self.post(&["registrations", "validate"]).json(request).answer().await
    }

    /// Removes a registration; with `cancel`, what runs of it is told to end.
    pub async fn unregister(
        &self,
        id: RegistrationId,
        cancel: bool,
    ) -> Result<UnregisteredView, ClientError> {
        self.delete(&["registrations", &id.to_string()]).with("cancel", cancel.then_some(true)).answer().await
    }

    /// Why it does not run, with so many of its newest runs.
    pub async fn explain(
        &self,
        id: RegistrationId,
        history: Option<usize>,
    ) -> Result<ExplanationView, ClientError> {
        self.get(&["registrations", &id.to_string(), "explain"]).with("history", history).answer().await
    }

    /// Fires it. A firing that starts nothing is a problem with a reason.
    pub async fn fire(&self, id: RegistrationId, request: &FireRequest) -> Result<FiredView, ClientError> {
        self.post(&["registrations", &id.to_string(), "fire"]).json(request).answer().await
    }

    /// Lets it out of quarantine.
    pub async fn release(&self, id: RegistrationId) -> Result<ReleasedView, ClientError> {
        self.post(&["registrations", &id.to_string(), "release"]).answer().await
    }

    /// Raises a signal: answers what it became of each registration that heard it.
    pub async fn signal(&self, request: &SignalRequest) -> Result<Page<SignaledView>, ClientError> {
        self.post(&["signals"]).json(request).answer().await
    }
}
