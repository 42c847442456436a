use std::fs;
use std::path::Path;

use cap_std::ambient_authority;
use tempfile::TempDir;
use wasmtime_wasi::filesystem::{Descriptor, Dir as WasiDir, WasiFilesystemCtx};
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::account::Books;
use super::*;

mod races;
mod special;
mod steps;

const LIMITS: AppLimits = AppLimits { folder_bytes: 1000, folder_entries: 50, ..AppLimits::DEFAULT };

/// An app's folders in a directory that goes with the test.
struct App {
    home: TempDir,
    folders: Folders,
    account: Arc<Account>,
    local: WasiDir,
}

fn id() -> AppId {
    AppId::new("app").expect("a valid name")
}

#[expect(clippy::disallowed_methods, reason = "a test has a directory of its own")]
fn home() -> (TempDir, Folders) {
    let home = tempfile::tempdir().expect("a folder");
    let dir = Dir::open_ambient_dir(home.path(), ambient_authority()).expect("it opens");
    (home, Folders::new(dir))
}

impl App {
    fn new(limits: AppLimits) -> Self {
        let (home, folders) = home();
        let AppFolders { local, account, .. } = folders.open(&id(), true, limits).expect("folders");
        let file = local.into_std_file();
        let local = WasiDir::new(file, FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE, true);
        Self { home, folders, account, local }
    }

    fn local(&self) -> std::path::PathBuf {
        self.home.path().join("app/local")
    }

    fn own(&self) -> OwnDir {
        OwnDir {
            account: Arc::clone(&self.account),
            dir: self.local.clone(),
            ctx: WasiFilesystemCtx::default(),
            inline: true,
        }
    }

    fn open(&self, path: &str, how: OpenFlags) -> Result<OwnFile, Refused> {
        let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
        let asked = Opening { follow: PathFlags::empty(), path: path.to_owned(), how, flags };
        let (descriptor, held) = self.own().open(asked)?;
        match (descriptor, held) {
            (Descriptor::File(file), Some(held)) => {
                Ok(OwnFile { held: Arc::new(held), file: file.file, inline: true })
            }
            other => panic!("not a file: {:?}", other.1),
        }
    }

    fn create(&self, path: &str) -> Result<OwnFile, Refused> {
        self.open(path, OpenFlags::CREATE)
    }

    fn write(&self, path: &str, bytes: usize) -> Result<u64, Refused> {
        self.create(path)?.write_all(&vec![b'x'; bytes], None)
    }
}

fn is_full<T>(done: &Result<T, Refused>, limit: &str) -> bool {
    matches!(done, Err(Refused::Full(reached)) if *reached == limit)
}

/// What is below `path`: bytes and entries.
fn on_disk(path: &Path) -> (u64, u64) {
    let (mut bytes, mut entries) = (0, 0);
    for entry in fs::read_dir(path).expect("it lists") {
        let entry = entry.expect("an entry");
        let found = entry.metadata().expect("metadata of the entry itself");
        entries += 1;
        if found.is_dir() {
            let below = on_disk(&entry.path());
            bytes += below.0;
            entries += below.1;
        } else {
            bytes += found.len();
        }
    }
    (bytes, entries)
}

#[test]
fn what_is_there_is_counted_when_something_is_to_grow() {
    let app = App::new(LIMITS);
    fs::create_dir_all(app.local().join("a/b")).expect("made");
    fs::write(app.local().join("a/b/c"), [0; 600]).expect("written");
    fs::write(app.home.path().join("app/temp/d"), [0; 300]).expect("written");
    assert_eq!(app.account.figures(), None, "nobody asked");
    assert!(is_full(&app.write("e", 101), "folder-bytes"));
    assert_eq!(
        fs::metadata(app.local().join("e")).expect("made").len(),
        100,
        "as much as there was room for"
    );
    assert_eq!(app.account.figures(), Some((1000, 5)));
}

#[test]
fn a_limit_is_reached_to_the_byte_and_to_the_entry() {
    let app = App::new(AppLimits { folder_entries: 2, ..LIMITS });
    assert_eq!(app.write("a", 1000).expect("there is room"), 1000);
    assert!(is_full(&app.write("a", 1), "folder-bytes"));
    app.own().create_directory("b".to_owned()).expect("there is room");
    assert!(is_full(&app.own().create_directory("c".to_owned()), "folder-entries"));
    assert!(is_full(&app.create("c"), "folder-entries"));
    assert!(is_full(&app.own().symlink(String::new(), "c".to_owned()), "folder-entries"));
    app.own().remove_directory("b".to_owned()).expect("it is empty");
    app.own().rename("a".to_owned(), &app.local, "b".to_owned()).expect("a name is no entry");
    app.own().unlink_file("b".to_owned()).expect("it is there");
    assert_eq!(app.account.figures(), Some((0, 0)));
}

#[test]
fn a_file_with_holes_counts_in_full() {
    let app = App::new(LIMITS);
    let file = app.create("holes").expect("there is room");
    assert!(is_full(&file.resize(1001), "folder-bytes"));
    assert!(is_full(&file.write(b"x", Some(u64::MAX - 1)), "folder-bytes"));
    file.resize(1000).expect("there is room");
    assert!(is_full(&file.write(b"x", None), "folder-bytes"));
    file.resize(10).expect("shorter");
    assert_eq!(app.account.figures(), Some((10, 1)));
}

#[test]
fn a_file_with_two_names_counts_twice_whichever_grows() {
    let app = App::new(LIMITS);
    app.write("a", 300).expect("there is room");
    let link = |to: &str| app.own().link(PathFlags::empty(), "a".to_owned(), &app.local, to.to_owned());
    link("b").expect("there is room");
    app.write("b", 100).expect("there is room");
    assert_eq!(app.account.figures(), Some((800, 2)));
    assert!(is_full(&link("c"), "folder-bytes"));
    assert!(is_full(&app.write("b", 101), "folder-bytes"));
    app.own().unlink_file("a".to_owned()).expect("it is there");
    assert_eq!(app.account.figures(), Some((500, 1)));
}

#[test]
fn a_file_without_a_name_counts_until_nobody_has_it_open() {
    let app = App::new(LIMITS);
    let (one, two) =
        (app.create("a").expect("made"), app.open("a", OpenFlags::empty()).expect("it is there"));
    one.write_all(&[0; 600], None).expect("there is room");
    app.own().unlink_file("a".to_owned()).expect("it is there");
    one.write_all(&[0; 300], None).expect("there is room");
    assert_eq!(app.account.figures(), Some((900, 0)));
    drop(one);
    assert!(is_full(&app.write("b", 101), "folder-bytes"));
    app.account.with(Books::forget);
    assert!(is_full(&app.write("b", 1), "folder-bytes"), "a count sees it too");
    drop(two);
    assert_eq!(app.account.figures(), Some((100, 1)));
}

#[test]
fn a_file_that_is_replaced_or_emptied_gives_its_room_back() {
    let app = App::new(LIMITS);
    app.write("a", 600).expect("there is room");
    app.write("b", 400).expect("there is room");
    app.own().rename("a".to_owned(), &app.local, "b".to_owned()).expect("it is there");
    assert_eq!(app.account.figures(), Some((600, 1)));
    drop(app.open("b", OpenFlags::TRUNCATE).expect("it is there"));
    assert_eq!(app.account.figures(), Some((0, 1)));
    assert_eq!(fs::metadata(app.local().join("b")).expect("it is there").len(), 0);
}

#[test]
fn more_than_is_allowed_may_only_become_less() {
    let app = App::new(LIMITS);
    for n in 0..60 {
        fs::write(app.local().join(n.to_string()), "x").expect("written");
    }
    assert!(is_full(&app.write("0", 1), "folder-entries"), "a count that stops is no count");
    for n in 0..10 {
        app.own().unlink_file(n.to_string()).expect("it is there");
    }
    assert!(is_full(&app.create("more"), "folder-entries"));
    app.write("10", 1).expect("there is room for bytes");
    app.own().unlink_file("11".to_owned()).expect("it is there");
    app.create("more").expect("there is room");
    app.folders.open(&id(), false, AppLimits { folder_bytes: 10, ..LIMITS }).expect("folders");
    assert!(is_full(&app.write("more", 1), "folder-bytes"), "from now on it is less");
}

/// Directories one below the other, by a handle to each.
fn deep(root: &Dir, depth: usize) {
    let mut here = root.try_clone().expect("a handle");
    for _ in 0..depth {
        here.create_dir("d").expect("made");
        here = here.open_dir("d").expect("it opens");
    }
    here.write("bottom", "x").expect("written");
}

#[test]
fn no_tree_is_too_deep_to_be_counted_or_removed() {
    const DEPTH: usize = 2_000;
    let (home, folders) = home();
    let limits = AppLimits { folder_entries: 100_000, ..LIMITS };
    let own = folders.open(&id(), true, limits).expect("folders");
    deep(&own.local, DEPTH);
    deep(&own.temp, DEPTH);
    own.account.with(|books| books.made(0, || Ok(()))).expect("there is room");
    assert_eq!(own.account.figures(), Some((2, 2 * (DEPTH as u64 + 1) + 1)));
    let again = folders.open(&id(), true, limits).expect("temp is emptied");
    assert_eq!(again.temp.entries().expect("it lists").count(), 0);
    assert!(again.local.exists("d/d/d"), "local is not");
    folders.remove(&id()).expect("all is removed");
    assert_eq!(fs::read_dir(home.path()).expect("it lists").count(), 0);
}

#[test]
fn what_a_removal_left_is_removed_by_the_next() {
    let (home, folders) = home();
    folders.open(&id(), true, LIMITS).expect("folders");
    let app = home.path().join("app");
    fs::create_dir_all(app.join(".removed-7/below")).expect("made");
    fs::create_dir_all(app.join("temp/a/b")).expect("made");
    folders.open(&id(), true, LIMITS).expect("folders");
    let mut names: Vec<_> =
        fs::read_dir(&app).expect("it lists").map(|e| e.expect("one").file_name()).collect();
    names.sort();
    assert_eq!(names, ["local", "temp"]);
}
