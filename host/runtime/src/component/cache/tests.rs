use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Timespec, Timestamps, futimens};
use tempfile::TempDir;

use super::*;
use crate::engine::{MemoryInit, compiler_only};

/// A temporary directory is its maker's alone.
fn directory() -> TempDir {
    tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .expect("a directory")
}

fn dir(path: &Path) -> Dir {
    Dir::from_std_file(std::fs::File::open(path).expect("the directory"))
}

fn cache(path: &Path) -> ComponentCache {
    ComponentCache::open(dir(path)).expect("a cache")
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(&compiler_only(MemoryInit::Mapped).expect("an engine"))
}

/// Keeps `code` for the component whose bytes are `component`.
fn put(cache: &ComponentCache, component: &str, code: &[u8]) {
    cache.put(&Digest::of(component.as_bytes()), &fingerprint(), &Code(code.to_vec()));
}

fn get(cache: &ComponentCache, component: &str) -> Option<Vec<u8>> {
    cache.get(&Digest::of(component.as_bytes()), &fingerprint()).map(|code| code.0)
}

fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("the directory");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// The file of a component.
fn file(path: &Path, component: &str) -> std::path::PathBuf {
    path.join(entries::name(&Digest::of(component.as_bytes()), &fingerprint()))
}

/// As if `component` had been used so long after 1970.
fn used(path: &Path, component: &str, after: Duration) {
    let at = Timespec { tv_sec: i64::try_from(after.as_secs()).expect("small"), tv_nsec: 0 };
    let file = std::fs::File::open(file(path, component)).expect("the file");
    futimens(file, &Timestamps { last_access: at, last_modification: at }).expect("a time");
}

#[test]
fn what_was_kept_is_found_by_the_next_process() {
    let folder = directory();
    put(&cache(folder.path()), "a", b"code of a");
    let next = cache(folder.path());
    assert_eq!(get(&next, "a").as_deref(), Some(&b"code of a"[..]));
    assert_eq!(get(&next, "b"), None);
    let mut names = names(folder.path());
    names.retain(|name| name != KEY);
    assert_eq!(names.len(), 1, "nothing unfinished is left: {names:?}");
}

#[test]
fn a_file_that_does_not_prove_itself_is_a_miss_and_is_removed() {
    let folder = directory();
    let cache = cache(folder.path());
    put(&cache, "other", b"code of another");
    let whole = file::seal(&cache.inner.key, &Digest::of(b"a"), &fingerprint(), b"code of a");
    let mut changed = whole.clone();
    *changed.last_mut().expect("bytes") ^= 1;
    let mut newer = whole.clone();
    newer[7] += 1;
    let renamed = std::fs::read(file(folder.path(), "other")).expect("the file");
    for (what, bytes) in [
        ("changed", changed),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("of a newer version", newer),
        ("of another component", renamed),
    ] {
        std::fs::write(file(folder.path(), "a"), bytes).expect("written");
        assert_eq!(get(&cache, "a"), None, "{what}");
        assert!(!file(folder.path(), "a").exists(), "{what}");
    }
    std::fs::write(file(folder.path(), "a"), &whole).expect("written");
    assert_eq!(get(&cache, "a").as_deref(), Some(&b"code of a"[..]), "it is the file, and not the test");
}

#[test]
fn the_key_is_made_once_and_for_its_owner_only() {
    let folder = directory();
    put(&cache(folder.path()), "a", b"code");
    let key = folder.path().join(KEY);
    let first = std::fs::read(&key).expect("the key");
    assert_eq!(first.len(), KEY_LEN);
    assert_eq!(std::fs::metadata(&key).expect("the key").permissions().mode() & 0o777, 0o600);
    drop(cache(folder.path()));
    assert_eq!(std::fs::read(&key).expect("the key"), first);
    // Another directory has another one.
    let other = directory();
    drop(cache(other.path()));
    assert_ne!(std::fs::read(other.path().join(KEY)).expect("the key"), first);
    // Without its key a cache has nothing.
    std::fs::write(&key, b"short").expect("written");
    assert_eq!(get(&cache(folder.path()), "a"), None);
    assert_eq!(std::fs::read(&key).expect("the key").len(), KEY_LEN);
}

#[test]
fn a_directory_or_a_key_that_others_can_use_is_refused() {
    let folder = directory();
    let open = || ComponentCache::open(dir(folder.path()));
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its mode");
    };
    for exposed in [0o710, 0o702, 0o755] {
        mode(folder.path(), exposed);
        let error = open().expect_err("it was opened");
        assert!(matches!(error, CacheError::Exposed { mode, .. } if mode == exposed), "{error}");
        assert!(error.to_string().contains("chmod go-rwx"), "{error}");
    }
    mode(folder.path(), 0o700);
    open().expect("it is private now");
    mode(&folder.path().join(KEY), 0o640);
    let error = open().expect_err("it was opened");
    assert!(matches!(error, CacheError::Exposed { what: "the key of the cache", .. }), "{error}");
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first() {
    let folder = directory();
    let code = [0; 1000];
    let cache = cache(folder.path()).with_bytes_max(3 * 1100);
    for (component, after) in [("a", 10), ("b", 20), ("c", 30)] {
        put(&cache, component, &code);
        used(folder.path(), component, Duration::from_secs(after));
    }
    // To be read is to be used.
    assert!(get(&cache, "a").is_some());
    put(&cache, "d", &code);
    let left = ["a", "b", "c", "d"].map(|component| file(folder.path(), component).exists());
    assert_eq!(left, [true, false, true, true]);
}

#[test]
fn what_is_larger_than_the_cache_is_not_kept_and_takes_nothing_with_it() {
    let folder = directory();
    let cache = cache(folder.path()).with_bytes_max(1100);
    put(&cache, "a", &[0; 1000]);
    put(&cache, "b", &[0; 2000]);
    assert!(get(&cache, "a").is_some());
    assert!(get(&cache, "b").is_none());
}

#[test]
fn what_a_dead_process_was_writing_goes_and_what_is_not_ours_stays() {
    let folder = directory();
    let cache = cache(folder.path()).with_bytes_max(1100);
    let old = Timespec { tv_sec: 1, tv_nsec: 0 };
    for name in [entries::unfinished(Uuid::nil()), "letter.txt".to_owned()] {
        let file = std::fs::File::create(folder.path().join(name)).expect("a file");
        futimens(&file, &Timestamps { last_access: old, last_modification: old }).expect("a time");
    }
    let fresh = entries::unfinished(Uuid::max());
    std::fs::write(folder.path().join(&fresh), b"").expect("a file");
    put(&cache, "a", &[0; 1000]);
    let names = names(folder.path());
    assert!(names.contains(&"letter.txt".to_owned()) && names.contains(&fresh), "{names:?}");
    assert!(!names.contains(&entries::unfinished(Uuid::nil())), "{names:?}");
}

#[cfg(feature = "test-util")]
#[test]
fn what_one_test_had_compiled_is_not_compiled_by_the_next() {
    use crate::component::{Component, Expected, compile};
    use crate::sandbox::testing::{engine, task, wat};

    let (directory, engine) = (directory(), engine());
    let cache = cache(directory.path());
    let bytes = task(
        r#"(core module $module
            (memory (export "memory") 1)
            (func (export "run") (param i32) (result i32) (i32.const 0)))"#,
    );
    let (digest, fingerprint) = (Digest::of(&bytes), engine.fingerprint());
    let once = || Component::compile_once(&engine, &cache, &bytes, Expected::Task);

    assert_eq!(once().expect("a task").digest(), digest);
    assert!(cache.get(&digest, &fingerprint).is_some(), "it was kept");

    // What is kept is what is taken: here, the code of another component.
    let empty = compile::here(&engine, &wat("(component)")).expect("it compiles");
    cache.put(&digest, &fingerprint, &empty);
    let error = once().expect_err("it was compiled again");
    assert!(error.to_string().contains("it exports nothing"), "{error}");
}
