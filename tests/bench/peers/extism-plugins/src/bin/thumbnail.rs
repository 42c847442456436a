//! Makes a thumbnail of one picture.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn run() -> FnResult<()> {
    std::hint::black_box(peer_work::thumbnail());
    Ok(())
}

fn main() {}
