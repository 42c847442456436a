//! The contract as `wit-bindgen` binds it. Nothing here is public API: the modules beside this one wrap it.

#![expect(missing_docs, reason = "generated; the comments in wit/ are the documentation")]

// `wit/` is a copy of the contract at the root of the repository, so that the crate can be packaged;
// tests/contract.rs keeps the two equal.
wit_bindgen::generate!({
    path: "wit",
    world: "task",
    pub_export_macro: true,
    export_macro_name: "export",
    default_bindings_module: "::dormouse_guest::__private::bindings",
});

pub(crate) mod app;
