//! `dormouse:background/instance`: the run, as its task sees it. Every function asks the port of the run that the handle
//! stands for.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::{self, Deferral, Instance, instance, types};
use crate::sandbox::RunState;

impl instance::Host for RunState {}

impl RunState {
    /// The guest completed a deferral, or dropped it.
    fn deferral_over(&mut self, this: &Resource<Deferral>) -> Result<()> {
        self.run(this.rep())?.complete_deferral();
        self.serves().given_back(this.rep());
        Ok(())
    }
}

impl instance::HostDeferral for RunState {
    fn complete(&mut self, this: Resource<Deferral>) -> Result<()> {
        self.deferral_over(&this)
    }

    fn drop(&mut self, this: Resource<Deferral>) -> Result<()> {
        self.deferral_over(&this)
    }
}

impl instance::HostBackgroundTaskInstance for RunState {
    fn activation(&mut self, this: Resource<Instance>) -> Result<types::Activation> {
        Ok(self.run(this.rep())?.activation().into())
    }

    fn trigger_details(&mut self, this: Resource<Instance>) -> Result<types::TriggerDetails> {
        Ok(self.run(this.rep())?.details().into())
    }

    fn accept_changes(&mut self, this: Resource<Instance>) -> Result<()> {
        self.run(this.rep())?.accept_changes();
        Ok(())
    }

    fn get_deferral(
        &mut self,
        this: Resource<Instance>,
    ) -> Result<Result<Resource<Deferral>, types::DeferralError>> {
        let number = this.rep();
        Ok(match self.run(number)?.take_deferral() {
            // All deferrals of a run are alike, so the number of the run stands for each of them.
            Ok(()) => {
                self.serves().given(number);
                Ok(Resource::new_own(number))
            }
            Err(error) => Err(error.into()),
        })
    }

    fn progress(&mut self, this: Resource<Instance>) -> Result<u32> {
        Ok(self.run(this.rep())?.progress())
    }

    fn set_progress(&mut self, this: Resource<Instance>, value: u32) -> Result<()> {
        self.run(this.rep())?.set_progress(value);
        Ok(())
    }

    fn suspended_count(&mut self, this: Resource<Instance>) -> Result<u32> {
        Ok(self.run(this.rep())?.suspended_count())
    }

    fn throttle_count(&mut self, this: Resource<Instance>, counter: types::ThrottleCounter) -> Result<u32> {
        Ok(self.run(this.rep())?.throttle_count(v0_1::throttle(counter)))
    }

    fn cancellation_requested(&mut self, this: Resource<Instance>) -> Result<Option<types::Cancellation>> {
        Ok(self.run(this.rep())?.cancellation().map(Into::into))
    }

    fn remaining(&mut self, this: Resource<Instance>) -> Result<types::Budget> {
        // The guest is running: what it used since the poll began is not on the bill yet.
        self.meter().bill();
        Ok(v0_1::budget(self.run(this.rep())?.time_left(), self.memory_left()))
    }

    fn work_cost(&mut self, this: Resource<Instance>) -> Result<types::WorkCost> {
        Ok(self.run(this.rep())?.work_cost().into())
    }

    fn drop(&mut self, this: Resource<Instance>) -> Result<()> {
        self.serves().given_back(this.rep());
        Ok(())
    }
}
