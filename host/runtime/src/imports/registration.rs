//! `dormouse:background/registration`: the registrations of the guest's app.
//!
//! The store is held while such a call waits, as it is by `waiting-sync`. What it waits for comes from outside
//! the store, and goes on if the guest is taken down meanwhile.

use dormouse_core::condition::{CONDITIONS_MAX, Condition};
use dormouse_core::registration::{NAME_LEN_MAX, RegistrationRecord};
use dormouse_core::{RegistrationError, RegistrationId, RetryPolicy};
use futures::future::BoxFuture;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::registration::{self, ApplicationTriggerResult, TaskRegistration};
use crate::bindings::v0_1::registrations::{self as convert, Builder};
use crate::host::HostError;
use crate::sandbox::RunState;
use crate::sandbox::port::Told;

type Answer<T> = Result<std::result::Result<T, registration::RegistrationError>>;

impl RunState {
    fn builder(&mut self, this: &Resource<Builder>) -> Result<&mut Builder> {
        Ok(self.spec_and_table().1.get_mut(this)?)
    }

    fn told(&self, records: Vec<RegistrationRecord>) -> Vec<TaskRegistration> {
        let access = self.app().access();
        records.into_iter().filter_map(|record| convert::registration(record, access)).collect()
    }

    /// Waits for `work`. A cancellation that comes meanwhile ends the waiting, so that the guest can use its
    /// grace; one that is there already does not, so that it can use it for this.
    fn waited<T>(
        &self,
        work: BoxFuture<'static, std::result::Result<T, HostError>>,
    ) -> impl Future<Output = std::result::Result<T, registration::RegistrationError>> + Send + use<T> {
        unless_told(work, self.app().interruption())
    }
}

async fn unless_told<T>(
    mut work: BoxFuture<'static, std::result::Result<T, HostError>>,
    canceled: BoxFuture<'static, Option<Told>>,
) -> std::result::Result<T, registration::RegistrationError> {
    tokio::select! {
        biased;
        done = &mut work => return Ok(done?),
        told = canceled => if told.is_some() {
            return Err(convert::cut_short());
        },
    }
    // The task said that it is done, which is no reason to stop waiting.
    Ok(work.await?)
}

impl registration::HostTaskBuilder for RunState {
    async fn new(&mut self, name: String) -> Result<Resource<Builder>> {
        Ok(self.spec_and_table().1.push(Builder::new(name))?)
    }

    async fn set_entry_point(&mut self, this: Resource<Builder>, name: String) -> Result<()> {
        let name = convert::short("entry_point", name, NAME_LEN_MAX);
        self.builder(&this)?.set("entry_point", name, |task, name| task.entry_point(name));
        Ok(())
    }

    async fn set_trigger(&mut self, this: Resource<Builder>, trigger: registration::Trigger) -> Result<()> {
        let trigger = convert::trigger(trigger);
        self.builder(&this)?.set("trigger", trigger, |task, trigger| task.trigger(trigger));
        Ok(())
    }

    async fn add_condition(&mut self, this: Resource<Builder>, condition: String) -> Answer<()> {
        let builder = self.builder(&this)?;
        if builder.conditions >= CONDITIONS_MAX {
            return Ok(Err(RegistrationError::TooManyConditions { len: builder.conditions + 1 }.into()));
        }
        Ok(match condition.parse::<Condition>() {
            Ok(condition) => {
                builder.conditions += 1;
                builder.change(|task| task.condition(condition));
                Ok(())
            }
            Err(error) => Err(convert::invalid(&error)),
        })
    }

    async fn set_cancel_on_condition_loss(&mut self, this: Resource<Builder>, yes: bool) -> Result<()> {
        self.builder(&this)?.change(|task| task.cancel_on_condition_loss(yes));
        Ok(())
    }

    async fn set_group(&mut self, this: Resource<Builder>, id: String) -> Result<()> {
        let id = convert::short("group", id, NAME_LEN_MAX);
        self.builder(&this)?.set("group", id, |task, id| task.group(id));
        Ok(())
    }

    async fn set_overlap(&mut self, this: Resource<Builder>, overlap: registration::Overlap) -> Result<()> {
        self.builder(&this)?.change(|task| task.overlap(overlap.into()));
        Ok(())
    }

    async fn set_attempts(&mut self, this: Resource<Builder>, attempts: u32) -> Answer<()> {
        Ok(match RetryPolicy::exponential(attempts) {
            Ok(retry) => {
                self.builder(&this)?.change(|task| task.retry(retry));
                Ok(())
            }
            Err(error) => Err(convert::invalid(&error)),
        })
    }

    async fn validate(&mut self, this: Resource<Builder>) -> Answer<Vec<String>> {
        let task = self.builder(&this)?.task().cloned();
        Ok(task.and_then(|task| {
            let contradictions = self.app().validate(&task)?;
            let warning = |(one, other)| format!("`{one}` and `{other}` never hold together");
            Ok(contradictions.into_iter().map(warning).collect())
        }))
    }

    async fn register(
        &mut self,
        this: Resource<Builder>,
        if_exists: registration::IfExists,
    ) -> Answer<TaskRegistration> {
        let task = match self.builder(&this)?.task() {
            Ok(task) => task.clone(),
            Err(error) => return Ok(Err(error)),
        };
        let work = self.app().register(task, if_exists.into());
        let access = self.app().access();
        let made = self.waited(work).await;
        Ok(made.and_then(|record| convert::registration(record, access).ok_or_else(convert::not_found)))
    }

    async fn drop(&mut self, this: Resource<Builder>) -> Result<()> {
        self.spec_and_table().1.delete(this)?;
        Ok(())
    }
}

impl registration::Host for RunState {
    async fn all_tasks(&mut self) -> Result<Vec<TaskRegistration>> {
        Ok(self.told(self.app().listed(None)))
    }

    async fn all_groups(&mut self) -> Result<Vec<String>> {
        Ok(self.app().groups())
    }

    async fn group_tasks(&mut self, group: String) -> Result<Vec<TaskRegistration>> {
        Ok(self.told(self.app().listed(Some(&group))))
    }

    async fn unregister(&mut self, id: String, cancel: bool) -> Answer<()> {
        let Ok(id) = id.parse::<RegistrationId>() else { return Ok(Err(convert::not_found())) };
        // Not raced with a cancellation: it may be this call that causes it.
        Ok(match self.app().unregister(id, cancel).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(convert::not_found()),
            Err(error) => Err(error.into()),
        })
    }

    async fn get_access_status(&mut self) -> Result<registration::AccessStatus> {
        Ok(self.app().access().into())
    }

    async fn request_access(&mut self) -> Answer<registration::AccessStatus> {
        let work = self.app().request_access();
        Ok(self.waited(work).await.map(Into::into))
    }

    async fn remove_access(&mut self) -> Answer<()> {
        let work = self.app().remove_access();
        Ok(self.waited(work).await)
    }

    async fn request(&mut self, id: String, arguments: Vec<u8>) -> Result<ApplicationTriggerResult> {
        Ok(self.app().request(id.parse().ok(), arguments).await.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dormouse_core::{Cancellation, CancellationReason};
    use futures::FutureExt;

    use super::*;

    fn told() -> Told {
        let cancellation = Cancellation::new(CancellationReason::Abort, "operator", "");
        Told { cancellation, grace: Duration::from_secs(5) }
    }

    #[test]
    fn a_cancellation_ends_the_waiting_for_a_store_and_being_done_does_not() {
        let hangs = || std::future::pending::<std::result::Result<(), HostError>>().boxed();
        let cut = unless_told(hangs(), std::future::ready(Some(told())).boxed()).now_or_never();
        assert_eq!(
            cut.map(|answer| answer.map_err(|error| error.kind)),
            Some(Err(registration::RegistrationErrorKind::Unavailable))
        );
        let done = unless_told(hangs(), std::future::ready(None).boxed()).now_or_never();
        assert!(done.is_none(), "it goes on waiting");
    }

    #[test]
    fn an_answer_that_is_there_comes_before_a_cancellation() {
        let answer = std::future::ready(Ok(7)).boxed();
        let both = unless_told(answer, std::future::ready(Some(told())).boxed()).now_or_never();
        assert!(matches!(both, Some(Ok(7))));
    }
}
