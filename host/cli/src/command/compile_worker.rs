//! How components are compiled: each in a process of this program, which `dormouse compile-worker` is.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use cap_std::fs::Dir;
use dormouse::{CacheError, CompileLimits, Compiler, ComponentCache};
use etcetera::BaseStrategy as _;

/// The command that is not for people.
pub(crate) const NAME: &str = "compile-worker";

/// This program, also when its file was replaced since it was started.
const SELF: &str = "/proc/self/exe";

pub(crate) fn compiler() -> Compiler {
    Compiler::Worker { executable: SELF.into(), args: vec![NAME.into()], limits: CompileLimits::default() }
}

/// Where compiled components are kept for all commands of this user: `$XDG_CACHE_HOME/dormouse/components`. None
/// if there is no such place, which a log says: what was compiled can be compiled again.
pub(crate) fn cache() -> Option<ComponentCache> {
    let Ok(base) = etcetera::choose_base_strategy() else {
        tracing::warn!("there is no home directory: compiled components are not kept");
        return None;
    };
    let path = base.cache_dir().join("dormouse").join("components");
    match open(&path) {
        Ok(cache) => Some(cache),
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(path = %path.display(), error, "compiled components are not kept");
            None
        }
    }
}

fn open(path: &Path) -> Result<ComponentCache, CacheError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    ComponentCache::open(Dir::from_std_file(File::open(path)?))
}
