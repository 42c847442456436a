//! Calls its host, and then computes until it is ended.

use extism_pdk::{FnResult, host_fn, plugin_fn};

#[host_fn]
extern "ExtismHost" {
    fn enter();
}

#[plugin_fn]
pub fn run() -> FnResult<()> {
    // SAFETY: the host has a function of that name and type, or there is no instance.
    unsafe { enter() }?;
    loop {
        std::hint::black_box(());
    }
}

fn main() {}
