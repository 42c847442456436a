//! Compiled components, kept between commands.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use dormouse_e2e::{Ended, command, ended};
use test_artifacts as programs;

/// What a log says of a file that was not kept by this cache.
const REMOVED: &str = "is not what was kept";

fn run(cache: &Path) -> Ended {
    let mut all = command(["run", programs::RUN_RETURNS_OK, "--verbose"]);
    all.env("XDG_CACHE_HOME", cache);
    ended(all)
}

/// The one component that is kept.
fn kept(cache: &Path) -> PathBuf {
    let entries = fs::read_dir(cache.join("dormouse/components")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = entries.filter(|path| path.file_name() != Some(OsStr::new("key"))).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    file.clone()
}

#[test]
fn what_was_compiled_is_kept_for_its_user_only_and_compiled_again_when_it_was_changed() {
    let cache = tempfile::tempdir().unwrap();
    run(cache.path()).expect_code(0);
    let mode = fs::metadata(cache.path().join("dormouse/components")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let file = kept(cache.path());
    // Nothing would be compiled at all if the file were not used.
    let made = fs::metadata(&file).unwrap().ino();
    assert!(!run(cache.path()).expect_code(0).stderr.contains(REMOVED));
    assert_eq!(fs::metadata(&file).unwrap().ino(), made);

    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, &bytes).unwrap();
    run(cache.path()).expect_code(0).expect_stderr(REMOVED);
    assert_eq!(kept(cache.path()), file);
    assert_ne!(fs::read(&file).unwrap(), bytes);
    assert!(!run(cache.path()).expect_code(0).stderr.contains(REMOVED));
}

#[test]
fn a_cache_that_others_can_write_to_is_not_used() {
    let cache = tempfile::tempdir().unwrap();
    let components = cache.path().join("dormouse/components");
    fs::create_dir_all(&components).unwrap();
    fs::set_permissions(&components, Permissions::from_mode(0o777)).unwrap();
    run(cache.path()).expect_code(0).expect_stderr("chmod go-rwx");
    assert_eq!(fs::read_dir(&components).unwrap().count(), 0);
}

#[test]
fn a_component_that_does_not_compile_is_told_with_what_the_compiler_says() {
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut.wasm");
    let bytes = fs::read(programs::RUN_RETURNS_OK).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    ended(command([OsStr::new("run"), cut.as_os_str()])).expect_code(4).expect_stderr("is not valid");
}
