//! What a sandbox needs of its app's registrations.

use dormouse_core::registration::RegistrationRecord;
use dormouse_core::{
    AccessStatus, ApplicationTriggerResult, Condition, RegistrationError, RegistrationId, TaskBuilder,
};
use futures::future::BoxFuture;

use crate::host::{HostError, IfExists};

/// The registrations of the guest's app, and of no other. What takes a store's time is a future, which is done
/// to its end also when it is dropped.
pub(crate) trait Registrations: Send + Sync {
    /// Those in `group`, or in none, in the order of their making.
    fn listed(&self, group: Option<&str>) -> Vec<RegistrationRecord>;

    /// The groups that are not empty, in order.
    fn groups(&self) -> Vec<String>;

    /// Whether `task` would register.
    fn validate(&self, task: &TaskBuilder) -> Result<Vec<(Condition, Condition)>, RegistrationError>;

    /// Registers `task`.
    fn register(
        &self,
        task: TaskBuilder,
        if_exists: IfExists,
    ) -> BoxFuture<'static, Result<RegistrationRecord, HostError>>;

    /// Removes a registration; answers whether there was one of this app.
    fn unregister(&self, id: RegistrationId, cancel: bool) -> BoxFuture<'static, Result<bool, HostError>>;

    /// What the operator decided about the app.
    fn access(&self) -> AccessStatus;

    /// Asks for access.
    fn request_access(&self) -> BoxFuture<'static, Result<AccessStatus, HostError>>;

    /// Gives access up.
    fn remove_access(&self) -> BoxFuture<'static, Result<(), HostError>>;

    /// The guest requests an application trigger, with what comes with it; `id` is none if what it said is no id. What is
    /// of this app and refused is recorded; what is not is refused, and nothing else.
    fn request(
        &self,
        id: Option<RegistrationId>,
        arguments: Vec<u8>,
    ) -> BoxFuture<'static, ApplicationTriggerResult>;
}
