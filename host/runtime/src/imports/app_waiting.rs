//! `dormouse:background/app-waiting`: what an app waits for through its host. As with `waiting`, that is owned outside the
//! store, and nothing else in the app is held up meanwhile.

use std::time::Duration;

use wasmtime::component::{Accessor, Resource};
use wasmtime::{Error, Result};

use super::Imports;
use crate::bindings::v0_1::app::{Extension, app_control, app_waiting};
use crate::sandbox::RunState;

impl app_waiting::Host for RunState {}

impl app_waiting::HostWithStore<RunState> for Imports {
    async fn revoked(
        accessor: &Accessor<RunState, Self>,
        this: Resource<Extension>,
    ) -> Result<Option<app_control::RevokedReason>> {
        let revoked = accessor.with(|mut access| {
            let session = access.get().serves().session()?;
            Ok::<_, Error>(session.wait_revoked(this.rep()))
        })?;
        Ok(revoked.await.map(Into::into))
    }

    async fn sleep(accessor: &Accessor<RunState, Self>, ms: u32) -> Result<()> {
        let span = Duration::from_millis(ms.into());
        let sleep =
            accessor.with(|mut access| Ok::<_, Error>(access.get().serves().session()?.sleep(span)))?;
        sleep.await;
        Ok(())
    }
}
