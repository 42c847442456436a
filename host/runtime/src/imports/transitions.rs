//! `dormouse:background/transitions`: a change of the app's state that waits until the app is ready. Handles carry the
//! number of the call that they were given in: what is over says so by itself.

use dormouse_core::app::lifecycle::CallId;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::app::{Transition, TransitionDeferral, transitions};
use crate::bindings::v0_1::{millis, types};
use crate::sandbox::RunState;

impl transitions::Host for RunState {}

impl RunState {
    fn transition_deferral_over(&mut self, this: &Resource<TransitionDeferral>) -> Result<()> {
        self.serves().session()?.complete_deferral(CallId(this.rep()));
        Ok(())
    }
}

impl transitions::HostTransitionDeferral for RunState {
    fn complete(&mut self, this: Resource<TransitionDeferral>) -> Result<()> {
        self.transition_deferral_over(&this)
    }

    fn drop(&mut self, this: Resource<TransitionDeferral>) -> Result<()> {
        self.transition_deferral_over(&this)
    }
}

impl transitions::HostTransition for RunState {
    fn deadline_ms(&mut self, this: Resource<Transition>) -> Result<f64> {
        Ok(self.serves().session()?.deadline(CallId(this.rep())).as_millis_f64())
    }

    fn remaining_ms(&mut self, this: Resource<Transition>) -> Result<u32> {
        Ok(millis(self.serves().session()?.remaining(CallId(this.rep()))))
    }

    fn get_deferral(
        &mut self,
        this: Resource<Transition>,
    ) -> Result<Result<Resource<TransitionDeferral>, types::DeferralError>> {
        let call = this.rep();
        Ok(match self.serves().session()?.take_deferral(CallId(call)) {
            // All deferrals of a call are alike.
            Ok(()) => Ok(Resource::new_own(call)),
            Err(error) => Err(error.into()),
        })
    }

    fn drop(&mut self, _: Resource<Transition>) -> Result<()> {
        Ok(())
    }
}
