//! Parses 10 kB of JSON.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn run() -> FnResult<()> {
    peer_work::json();
    Ok(())
}

fn main() {}
