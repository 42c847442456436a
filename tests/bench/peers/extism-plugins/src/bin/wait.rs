//! Waits inside a call of its host.

use extism_pdk::{FnResult, host_fn, plugin_fn};

#[host_fn]
extern "ExtismHost" {
    fn wait();
}

#[plugin_fn]
pub fn run() -> FnResult<()> {
    // SAFETY: the host has a function of that name and type, or there is no instance.
    unsafe { wait() }?;
    Ok(())
}

fn main() {}
