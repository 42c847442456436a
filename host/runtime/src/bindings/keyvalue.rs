//! `wasi:keyvalue@0.2.0-draft`: generated bindings.

/// A guest's handle to its settings. There is one bucket for each sandbox, so that the handle itself says nothing.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Bucket;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/keyvalue",
        world: "imports",
        imports: { default: async | trappable },
        with: { "wasi:keyvalue/store.bucket": super::Bucket },
    });
}

pub(crate) use generated::wasi::keyvalue::{atomics, batch, store};
