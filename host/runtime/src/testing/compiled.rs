//! Components of tests, compiled once for all of their processes.

use std::sync::OnceLock;

use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _};

use crate::component::{Component, ComponentCache, ComponentError, Expected};
use crate::engine::Engine;

/// Beside the folder of the test's program: what becomes of one build is removed with the build.
const FOLDER: &str = "dormouse-rig";

/// What is kept. Builds follow on one another, each with its code: enough for several of them.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// As [`Component::compile`] of what is expected, unless a test of this build had it compiled before.
pub(super) fn once(engine: &Engine, bytes: &[u8], expected: Expected) -> Result<Component, ComponentError> {
    static KEPT: OnceLock<Option<ComponentCache>> = OnceLock::new();
    match KEPT.get_or_init(open) {
        Some(cache) => Component::compile_once(engine, cache, bytes, expected),
        None => Component::compile_as(engine, bytes, expected),
    }
}

/// None where nothing can be kept, as in a folder that is only to be read: tests are slower there, and no other.
fn open() -> Option<ComponentCache> {
    let program = std::env::current_exe().ok()?;
    #[expect(clippy::disallowed_methods, reason = "of a test, and a folder of its build")]
    let build = Dir::open_ambient_dir(program.parent()?.parent()?, cap_std::ambient_authority()).ok()?;
    let mut mine = DirBuilder::new();
    mine.mode(0o700);
    // It may be there.
    let _ = build.create_dir_with(FOLDER, &mine);
    let cache = ComponentCache::open(build.open_dir(FOLDER).ok()?).ok()?;
    Some(cache.with_bytes_max(BYTES_MAX))
}
