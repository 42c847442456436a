//! The guests among the examples, compiled: for each a constant with the path of its component. The
//! tests beside this run them; those of the embedders are in `examples/embed-*`.

use std::fs;
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// The manifest of `examples/notes`.
pub const NOTES_MANIFEST: &str = include_str!("../../../examples/notes/package/dormouse.toml");

/// Makes `folder` the package of `examples/notes`, with this manifest and the components that it names.
///
/// # Panics
///
/// If that cannot be written.
pub fn write_notes(folder: &Path, manifest: &str) {
    for (name, component) in [("notes.wasm", NOTES), ("autosave.wasm", AUTOSAVE)] {
        if manifest.contains(name) {
            fs::copy(component, folder.join(name)).expect("the component was built");
        }
    }
    fs::write(folder.join("dormouse.toml"), manifest).expect("a folder to write to");
}

/// The page that everybody reads first: what it shows in Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
