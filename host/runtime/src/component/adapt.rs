//! Programs of the first preview of WASI: a core module, made a component by the adapter that wasmtime is built with.

use std::borrow::Cow;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

use super::{contract, one_line};

/// `bytes`, if they are a component; else the component that is made of the module that they are.
///
/// # Errors
///
/// Why none can be made of it, on one line.
pub(super) fn adapted(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if !contract::is_core_module(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let component = ComponentEncoder::default()
        .module(bytes)
        .and_then(|encoder| {
            encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
        })
        .and_then(|mut encoder| encoder.encode());
    component.map(Cow::Owned).map_err(|error| {
        one_line(&format!(
            "no command can be made of this core module, which must export `_start` and `memory` as what is built for wasm32-wasip1 does: {error:#}"
        ))
    })
}
