//! Where the binary is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The binary: `DORMOUSE_BIN` if it is set, else the one that was built with the test.
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        ["DORMOUSE_BIN", "NEXTEST_BIN_EXE_dormouse", "CARGO_BIN_EXE_dormouse"]
            .iter()
            .find_map(std::env::var_os)
            .map_or_else(beside_the_test, PathBuf::from)
    })
}

/// For a test that is started by hand: `target/debug/deps/test` and `target/debug/dormouse`.
fn beside_the_test() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let path = test.parent().and_then(Path::parent).expect("it is in a target directory").join("dormouse");
    assert!(path.is_file(), "`{}` is not built: run the tests of dormouse-cli with cargo", path.display());
    path
}
