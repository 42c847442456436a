//! `dormouse:background/app-control`: what an app asks of its host about its own life.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::app::{Extension, app_control as wit, app_memory};
use crate::sandbox::RunState;

/// The longest description of an extended execution, in bytes.
const DESCRIPTION_LEN_MAX: usize = 256;

impl wit::HostExtendedExecution for RunState {
    fn close(&mut self, this: Resource<Extension>) -> Result<()> {
        self.serves().session()?.close_extension(this.rep());
        Ok(())
    }

    fn revoked(&mut self, this: Resource<Extension>) -> Result<Option<wit::RevokedReason>> {
        Ok(self.serves().session()?.revoked(this.rep()).map(Into::into))
    }

    fn drop(&mut self, this: Resource<Extension>) -> Result<()> {
        self.serves().session()?.close_extension(this.rep());
        Ok(())
    }
}

impl wit::Host for RunState {
    fn state(&mut self) -> Result<wit::AppState> {
        Ok(self.serves().session()?.app_state().into())
    }

    fn memory(&mut self) -> Result<wit::AppMemory> {
        Ok(app_memory(self.serves().session()?.memory()))
    }

    fn enable_prelaunch(&mut self, yes: bool) -> Result<()> {
        self.serves().session()?.enable_prelaunch(yes);
        Ok(())
    }

    fn request_extended_execution(
        &mut self,
        reason: wit::ExtensionReason,
        mut description: String,
    ) -> Result<Result<Resource<Extension>, wit::ExtensionError>> {
        description.truncate(description.floor_char_boundary(DESCRIPTION_LEN_MAX));
        let granted = self.serves().session()?.request_extension(reason.into(), description);
        Ok(granted.map(Resource::new_own).map_err(Into::into))
    }

    fn request_restart(&mut self, arguments: String) -> Result<Result<(), wit::RestartError>> {
        Ok(self.serves().session()?.request_restart(arguments).map_err(Into::into))
    }
}
