//! The registrations of a run's app, as its sandbox sees them.

use dormouse_core::registration::RegistrationRecord;
use dormouse_core::{
    AccessStatus, AppId, ApplicationTriggerResult, Condition, Refusal, RegistrationError, RegistrationId,
    TaskBuilder,
};
use futures::future::BoxFuture;

use super::RunCell;
use crate::drive::intake;
use crate::host::{HostError, IfExists, access};
use crate::registrar;
use crate::sandbox::registrations::Registrations;

impl RunCell {
    fn app(&self) -> &AppId {
        &self.known.registration.app
    }

    fn owns(&self, id: RegistrationId) -> bool {
        let state = self.shared.state();
        state.registrations.get(id).is_some_and(|known| known.registration.app == *self.app())
    }
}

impl Registrations for RunCell {
    fn listed(&self, group: Option<&str>) -> Vec<RegistrationRecord> {
        registrar::listed(&self.shared, self.app(), group)
    }

    fn groups(&self) -> Vec<String> {
        registrar::groups(&self.shared, self.app())
    }

    fn validate(&self, task: &TaskBuilder) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        registrar::validate(&self.shared, self.app(), task)
    }

    fn register(
        &self,
        task: TaskBuilder,
        if_exists: IfExists,
    ) -> BoxFuture<'static, Result<RegistrationRecord, HostError>> {
        let (shared, app) = (self.shared.clone(), self.app().clone());
        Box::pin(async move {
            let made = registrar::register(&shared, app, task, if_exists).await?;
            Ok(made.known.record())
        })
    }

    fn unregister(&self, id: RegistrationId, cancel: bool) -> BoxFuture<'static, Result<bool, HostError>> {
        if !self.owns(id) {
            return Box::pin(std::future::ready(Ok(false)));
        }
        let shared = self.shared.clone();
        Box::pin(async move { registrar::unregister(&shared, id, cancel).await })
    }

    fn access(&self) -> AccessStatus {
        access::status(&self.shared, self.app())
    }

    fn request_access(&self) -> BoxFuture<'static, Result<AccessStatus, HostError>> {
        let (shared, app) = (self.shared.clone(), self.app().clone());
        Box::pin(async move { access::request(&shared, &app).await })
    }

    fn remove_access(&self) -> BoxFuture<'static, Result<(), HostError>> {
        let (shared, app) = (self.shared.clone(), self.app().clone());
        Box::pin(async move { access::remove(&shared, &app).await })
    }

    fn request(
        &self,
        id: Option<RegistrationId>,
        _: Vec<u8>,
    ) -> BoxFuture<'static, ApplicationTriggerResult> {
        let (shared, id) = (self.shared.clone(), id.filter(|id| self.owns(*id)));
        Box::pin(async move {
            if let Some(id) = id {
                let now = shared.clock.wall();
                intake::turned_away(&shared, id, Refusal::RequestedByTask, None, now).await;
            }
            Refusal::RequestedByTask.into()
        })
    }
}
