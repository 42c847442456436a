//! Does nothing.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn run() -> FnResult<()> {
    Ok(())
}

fn main() {}
