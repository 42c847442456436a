//! What a guest can call: one file for each interface of ours, and WASI as it was granted.

mod app_control;
mod app_types;
mod app_waiting;
mod filesystem;
mod instance;
mod keyvalue;
mod preopens;
mod registration;
mod socket_activity;
mod sockets;
mod transitions;
mod types;
mod waiting;
mod waiting_sync;

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::TrappableError;
use wasmtime_wasi_http::p2 as http2;
use wasmtime_wasi_http::p3 as http3;

use crate::bindings::v0_1;
use crate::sandbox::RunState;

/// Host functions of ours see the whole state of the guest.
pub(crate) struct Imports;

impl HasData for Imports {
    type Data<'a> = &'a mut RunState;
}

/// The linker for all worlds, made once for each engine. That a task is offered less than an app is for the contract to
/// say, which names what is refused.
///
/// # Errors
///
/// An interface is defined twice: a mistake in this file.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<RunState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    v0_1::types::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::instance::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::registration::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::sockets::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::waiting::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::waiting_sync::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::app::app_types::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::app::transitions::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::app::app_control::add_to_linker::<_, Imports>(l, RunState::called)?;
    v0_1::app::app_waiting::add_to_linker::<_, Imports>(l, RunState::called)?;
    wasmtime_wasi::p2::add_to_linker_async(l)?;
    keyvalue::add_to_linker(l)?;
    wasmtime_wasi::p3::add_to_linker(l)?;
    http2::add_only_http_to_linker_async(l)?;
    http3::add_to_linker(l)?;
    // Ours in place of WASI's: directories by handle instead of by path, what is kept by account, names and sockets by
    // grant.
    l.allow_shadowing(true);
    filesystem::add_to_linker(l)?;
    preopens::add_to_linker(l)?;
    sockets::add_to_linker(l)?;
    l.allow_shadowing(false);
    Ok(linker)
}

/// The guest's error as its value, a trap as an error.
fn told_apart<T, E>(result: Result<T, TrappableError<E>>) -> wasmtime::Result<Result<T, E>>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}
