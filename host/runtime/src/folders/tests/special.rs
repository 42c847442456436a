//! What is no file, in the folders of an app or in the place of one.

use std::thread;

use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};

use super::*;

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
}

fn is_refused<T>(done: &Result<T, Refused>) -> bool {
    matches!(done, Err(Refused::Code(ErrorCode::NotPermitted)))
}

#[test]
fn a_pipe_in_an_apps_own_folder_is_not_opened_and_holds_nobody_up() {
    let app = App::new(LIMITS);
    pipe(&app.local().join("pipe"));
    std::os::unix::fs::symlink("pipe", app.local().join("link")).expect("a link");
    for how in [OpenFlags::empty(), OpenFlags::CREATE, OpenFlags::TRUNCATE] {
        assert!(is_refused(&app.open("pipe", how)));
    }
    for flags in [DescriptorFlags::empty(), DescriptorFlags::READ, DescriptorFlags::WRITE] {
        let (follow, path) = (PathFlags::SYMLINK_FOLLOW, "link".to_owned());
        assert!(is_refused(&app.own().open(Opening { follow, path, how: OpenFlags::empty(), flags })));
    }
    for path in ["pipe", "link"] {
        assert!(is_refused(&Opening::open_to_touch(path.to_owned(), &app.local, true)));
    }
    app.write("file", 10).expect("nobody has the account");
}

#[test]
fn whoever_puts_a_pipe_in_the_place_of_a_file_that_is_looked_at_holds_nobody_up() {
    let app = App::new(LIMITS);
    let (file, other) = (app.local().join("file"), app.local().join("pipe"));
    fs::write(&file, "x").expect("written");
    pipe(&other);
    let opened = thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            for _ in 0..20_000 {
                renameat_with(CWD, &file, CWD, &other, RenameFlags::EXCHANGE).expect("both are there");
            }
        });
        let mut opened = 0;
        while !swapping.is_finished() {
            for flags in [DescriptorFlags::READ, DescriptorFlags::WRITE] {
                let (path, how) = ("file".to_owned(), OpenFlags::empty());
                let asked = Opening { follow: PathFlags::empty(), path, how, flags };
                if let Ok(Descriptor::File(file)) = asked.open(&app.local, true) {
                    assert!(file.file.metadata().expect("it is open").is_file());
                    opened += 1;
                }
            }
        }
        opened
    });
    assert!(opened > 0, "it was never the file, so that this proves nothing");
}

#[test]
fn how_something_is_opened_is_judged_as_wasi_does() {
    let app = App::new(LIMITS);
    app.write("file", 10).expect("there is room");
    app.own().create_directory("dir".to_owned()).expect("there is room");
    let open = |dir: &WasiDir, path: &str, how, flags| {
        let path = path.to_owned();
        match (Opening { follow: PathFlags::empty(), path, how, flags }.open(dir, true)) {
            Ok(opened) => Ok(opened),
            Err(Refused::Code(code)) => Err(code),
            Err(other) => panic!("{other:?}"),
        }
    };
    let refused = |dir: &WasiDir, path: &str, how, flags| open(dir, path, how, flags).err();
    let (none, read, write) = (DescriptorFlags::empty(), DescriptorFlags::READ, DescriptorFlags::WRITE);
    let directory = OpenFlags::DIRECTORY;
    for (path, how, flags, expected) in [
        ("file", directory, read, ErrorCode::NotDirectory),
        ("file", directory | OpenFlags::CREATE, read, ErrorCode::Invalid),
        ("file", OpenFlags::empty(), DescriptorFlags::DATA_INTEGRITY_SYNC, ErrorCode::Unsupported),
        ("file", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, read, ErrorCode::Exist),
        ("dir", OpenFlags::empty(), write, ErrorCode::IsDirectory),
        ("nothing", OpenFlags::empty(), read, ErrorCode::NoEntry),
        ("../temp", directory, read, ErrorCode::NotPermitted),
    ] {
        assert_eq!(refused(&app.local, path, how, flags), Some(expected), "{path}");
    }
    let Ok(Descriptor::File(file)) = open(&app.local, "file", OpenFlags::empty(), none) else {
        panic!("it is there")
    };
    assert_eq!(file.open_mode, OpenMode::READ, "what is opened for nothing cannot be written");
    let look_only =
        WasiDir::new(app.local.dir.try_clone().expect("a handle"), FsPerms::ReadOnly, OpenMode::READ, true);
    for (how, flags) in [(OpenFlags::empty(), write), (OpenFlags::CREATE, read), (OpenFlags::TRUNCATE, read)]
    {
        assert_eq!(refused(&look_only, "file", how, flags), Some(ErrorCode::NotPermitted));
    }
    let below = open(&look_only, "dir", directory, read);
    assert!(matches!(below, Ok(Descriptor::Dir(dir)) if dir.perms == FsPerms::ReadOnly));
}
