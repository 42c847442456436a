//! What a guest asks of its app's registrations, whether it is a run or the app itself.

use std::sync::Arc;

use dormouse_core::registration::RegistrationRecord;
use dormouse_core::{
    AccessStatus, AppId, ApplicationTriggerResult, Condition, Refusal, RegistrationError, RegistrationId,
    TaskBuilder, TriggerDetails,
};
use futures::future::BoxFuture;

use super::intake::{self, Incoming};
use crate::host::{HostError, IfExists, access, app_limits};
use crate::registrar;
use crate::sandbox::AppSettings;
use crate::sandbox::registrations::Registrations;
use crate::shared::Shared;

/// Who belongs to an app.
pub(crate) trait OfApp: Send + Sync {
    /// The host, and the app.
    fn of_app(&self) -> (&Arc<Shared>, &AppId);

    /// Whether it may request an application trigger now. A task never may (UWP-046).
    fn may_request(&self) -> bool {
        false
    }

    /// Whether `id` is a registration of its app.
    fn owns(&self, id: RegistrationId) -> bool {
        let (shared, app) = self.of_app();
        let state = shared.state();
        state.registrations.get(id).is_some_and(|known| known.registration.app == *app)
    }

    /// The settings of its app. One that was removed meanwhile keeps nothing any more.
    fn own_settings(&self) -> Option<AppSettings> {
        let (shared, app) = self.of_app();
        let limits = app_limits::of(shared, &shared.state(), app)?;
        Some(AppSettings { store: shared.store.clone(), app: app.clone(), limits })
    }
}

impl<T: OfApp> Registrations for T {
    fn listed(&self, group: Option<&str>) -> Vec<RegistrationRecord> {
        let (shared, app) = self.of_app();
        registrar::listed(shared, app, group)
    }

    fn groups(&self) -> Vec<String> {
        let (shared, app) = self.of_app();
        registrar::groups(shared, app)
    }

    fn validate(&self, task: &TaskBuilder) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        let (shared, app) = self.of_app();
        registrar::validate(shared, app, task)
    }

    fn register(
        &self,
        task: TaskBuilder,
        if_exists: IfExists,
    ) -> BoxFuture<'static, Result<RegistrationRecord, HostError>> {
        let (shared, app) = cloned(self);
        Box::pin(async move {
            let made = registrar::register(&shared, app, task, if_exists).await?;
            Ok(made.known.record())
        })
    }

    fn unregister(&self, id: RegistrationId, cancel: bool) -> BoxFuture<'static, Result<bool, HostError>> {
        if !self.owns(id) {
            return Box::pin(std::future::ready(Ok(false)));
        }
        let (shared, _) = cloned(self);
        Box::pin(async move { registrar::unregister(&shared, id, cancel).await })
    }

    fn access(&self) -> AccessStatus {
        let (shared, app) = self.of_app();
        access::status(shared, app)
    }

    fn request_access(&self) -> BoxFuture<'static, Result<AccessStatus, HostError>> {
        let (shared, app) = cloned(self);
        Box::pin(async move { access::request(&shared, &app).await })
    }

    fn remove_access(&self) -> BoxFuture<'static, Result<(), HostError>> {
        let (shared, app) = cloned(self);
        Box::pin(async move { access::remove(&shared, &app).await })
    }

    fn request(
        &self,
        id: Option<RegistrationId>,
        arguments: Vec<u8>,
    ) -> BoxFuture<'static, ApplicationTriggerResult> {
        let (shared, _) = cloned(self);
        let (id, may) = (id.filter(|id| self.owns(*id)), self.may_request());
        Box::pin(async move {
            let Some(id) = id else { return Refusal::RequestedByTask.into() };
            if may {
                let incoming = Incoming::new(TriggerDetails::Application(arguments));
                return match intake::fire(&shared, id, incoming).await {
                    Ok(fired) => fired.application_result(),
                    Err(error) => error.application_result(),
                };
            }
            let now = shared.clock.wall();
            intake::turned_away(&shared, id, Refusal::RequestedByTask, None, now).await;
            Refusal::RequestedByTask.into()
        })
    }
}

fn cloned<T: OfApp + ?Sized>(of: &T) -> (Arc<Shared>, AppId) {
    let (shared, app) = of.of_app();
    (shared.clone(), app.clone())
}
