//! `dormouse:background/waiting`: `canceled` and `sleep`.
//!
//! What they wait for is owned by the run, outside the store, so that a cancellation reaches the guest even
//! while something else holds the store.

use std::time::Duration;

use wasmtime::component::{Accessor, Resource};
use wasmtime::{Error, Result};

use super::Imports;
use crate::bindings::v0_1::{Instance, types, waiting};
use crate::sandbox::RunState;

impl waiting::Host for RunState {}

impl waiting::HostWithStore<RunState> for Imports {
    async fn canceled(
        accessor: &Accessor<RunState, Self>,
        this: Resource<Instance>,
    ) -> Result<Option<types::Cancellation>> {
        let canceled =
            accessor.with(|mut access| Ok::<_, Error>(access.get().run(this.rep())?.canceled()))?;
        Ok(canceled.await.map(Into::into))
    }

    async fn sleep(
        accessor: &Accessor<RunState, Self>,
        this: Resource<Instance>,
        ms: u32,
    ) -> Result<Option<types::Cancellation>> {
        let span = Duration::from_millis(ms.into());
        let sleep = accessor.with(|mut access| Ok::<_, Error>(access.get().run(this.rep())?.sleep(span)))?;
        Ok(sleep.await.map(Into::into))
    }
}
