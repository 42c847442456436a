//! `dormouse:background/instance`: the run, as its task sees it. Every function asks the run's port.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::{self, Deferral, Instance, instance, types};
use crate::sandbox::RunState;

impl instance::Host for RunState {}

impl instance::HostDeferral for RunState {
    fn complete(&mut self, _: Resource<Deferral>) -> Result<()> {
        self.port().complete_deferral();
        Ok(())
    }

    fn drop(&mut self, _: Resource<Deferral>) -> Result<()> {
        self.port().complete_deferral();
        Ok(())
    }
}

impl instance::HostBackgroundTaskInstance for RunState {
    fn activation(&mut self, _: Resource<Instance>) -> Result<types::Activation> {
        Ok(self.port().activation().into())
    }

    fn trigger_details(&mut self, _: Resource<Instance>) -> Result<types::TriggerDetails> {
        Ok(self.port().details().into())
    }

    fn accept_changes(&mut self, _: Resource<Instance>) -> Result<()> {
        self.port().accept_changes();
        Ok(())
    }

    fn get_deferral(
        &mut self,
        _: Resource<Instance>,
    ) -> Result<Result<Resource<Deferral>, types::DeferralError>> {
        Ok(match self.port().take_deferral() {
            // All deferrals of a run are alike, so one number stands for each of them.
            Ok(()) => Ok(Resource::new_own(0)),
            Err(error) => Err(error.into()),
        })
    }

    fn progress(&mut self, _: Resource<Instance>) -> Result<u32> {
        Ok(self.port().progress())
    }

    fn set_progress(&mut self, _: Resource<Instance>, value: u32) -> Result<()> {
        self.port().set_progress(value);
        Ok(())
    }

    fn suspended_count(&mut self, _: Resource<Instance>) -> Result<u32> {
        Ok(self.port().suspended_count())
    }

    fn throttle_count(&mut self, _: Resource<Instance>, counter: types::ThrottleCounter) -> Result<u32> {
        Ok(self.port().throttle_count(v0_1::throttle(counter)))
    }

    fn cancellation_requested(&mut self, _: Resource<Instance>) -> Result<Option<types::Cancellation>> {
        Ok(self.port().cancellation().map(Into::into))
    }

    fn remaining(&mut self, _: Resource<Instance>) -> Result<types::Budget> {
        // The guest is running: what it used since the poll began is not on the bill yet.
        self.meter().bill();
        Ok(v0_1::budget(self.port().time_left(), self.memory_left()))
    }

    fn work_cost(&mut self, _: Resource<Instance>) -> Result<types::WorkCost> {
        Ok(self.port().work_cost().into())
    }

    fn drop(&mut self, _: Resource<Instance>) -> Result<()> {
        Ok(())
    }
}
