//! `dormouse:background/waiting-sync`: the same for guests that block.
//!
//! The store is held while such a call waits. That is no harm: what it waits for comes from outside the store.

use std::time::Duration;

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::{Instance, types, waiting_sync};
use crate::sandbox::RunState;

impl waiting_sync::Host for RunState {
    async fn canceled(&mut self, this: Resource<Instance>) -> Result<Option<types::Cancellation>> {
        let canceled = self.run(this.rep())?.canceled();
        Ok(self.resting(canceled).await.map(Into::into))
    }

    async fn sleep(&mut self, this: Resource<Instance>, ms: u32) -> Result<Option<types::Cancellation>> {
        let sleep = self.run(this.rep())?.sleep(Duration::from_millis(ms.into()));
        Ok(self.resting(sleep).await.map(Into::into))
    }
}
