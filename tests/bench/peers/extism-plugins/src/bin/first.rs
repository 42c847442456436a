//! Calls its host and returns.

use extism_pdk::{FnResult, host_fn, plugin_fn};

#[host_fn]
extern "ExtismHost" {
    fn first();
}

#[plugin_fn]
pub fn run() -> FnResult<()> {
    // SAFETY: the host has a function of that name and type, or there is no instance.
    unsafe { first() }?;
    Ok(())
}

fn main() {}
