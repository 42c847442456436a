use std::os::unix::fs::symlink;

use super::*;
use crate::pack::pack;
use crate::path::PathError;
use crate::repository::{Repository, RepositoryError, Staged};
use crate::testing::{Tar, package, scratch};

fn stage(source: Source) -> Result<Staged, PackageError> {
    let (_folder, root) = scratch();
    match Repository::open(root.try_clone().unwrap()).unwrap().stage(source) {
        Ok(staged) => Ok(staged),
        Err(RepositoryError::Package(error)) => {
            assert_eq!(root.read_dir(".staging").unwrap().count(), 0, "something stayed behind {error}");
            Err(error)
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_directory_and_an_archive_are_found_by_path() {
    let (folder, _dir) = package();
    let file = folder.path().with_extension("tar.gz");
    std::fs::write(&file, Tar::package().gz()).unwrap();
    let from_directory = stage(Source::open(folder.path()).unwrap()).unwrap().digest();
    let from_archive = stage(Source::open(&file).unwrap()).unwrap().digest();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(from_directory, from_archive);
    assert!(matches!(Source::open(&file), Err(PackageError::Open { .. })));
    assert!(matches!(Source::open(Path::new("/dev/null")), Err(PackageError::NotAPackage { .. })));
}

#[test]
fn a_checksum_beside_the_archive_counts() {
    let (folder, _dir) = scratch();
    let archive = folder.path().join("feeds.tar.gz");
    let beside = folder.path().join("feeds.tar.gz.sha256");
    let bytes = Tar::package().gz();
    std::fs::write(&archive, &bytes).unwrap();
    let (right, wrong) = (Digest::of(&bytes), Digest::of(b""));
    for text in [
        format!("{right}  feeds.tar.gz\n"),
        format!("{right} *feeds.tar.gz\n"),
        format!("{right}  ./feeds.tar.gz\n"),
        format!("{right}\n"),
        format!("{wrong}  other.tar.gz\n{right}  feeds.tar.gz\n"),
    ] {
        std::fs::write(&beside, &text).unwrap();
        stage(Source::open(&archive).unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    std::fs::write(&beside, format!("{wrong}  feeds.tar.gz\n")).unwrap();
    let error = stage(Source::open(&archive).unwrap()).unwrap_err();
    assert!(matches!(error, PackageError::Checksum { .. }), "{error}");
    for text in [String::new(), format!("{right}  other.tar.gz"), "nonsense  feeds.tar.gz".to_owned()] {
        std::fs::write(&beside, &text).unwrap();
        let error = Source::open(&archive).unwrap_err();
        assert!(matches!(error, PackageError::ChecksumFile { .. }), "{text}: {error}");
    }
}

#[test]
fn a_directory_has_no_checksum() {
    let (_folder, dir) = package();
    let error = Source::directory(dir).expecting(Digest::of(b"")).unwrap_err();
    assert!(matches!(error, PackageError::ChecksumOfDirectory), "{error}");
}

#[test]
fn links_in_a_directory_are_refused_wherever_they_lead() {
    for target in ["dormouse.toml", "tasks", "/etc/passwd", "nowhere"] {
        let (folder, dir) = package();
        symlink(target, folder.path().join("tasks/link")).unwrap();
        match stage(Source::directory(dir)).unwrap_err() {
            PackageError::NotRegular { path, kind } => {
                assert_eq!((path.as_str(), kind), ("tasks/link", "symbolic link"));
            }
            error => panic!("{error}"),
        }
    }
}

#[test]
fn pipes_and_sockets_in_a_directory_are_refused_and_nobody_waits_for_them() {
    let (folder, dir) = package();
    let _listening = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::NotRegular { kind: "socket", .. }), "{error}");
    let (folder, dir) = package();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::NotRegular { kind: "pipe", .. }), "{error}");
}

#[test]
fn a_directory_has_the_limits_of_an_archive() {
    let (folder, dir) = package();
    let deep = folder.path().join(["d"; 16].join("/"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("f"), "").unwrap();
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::Path(PathError::TooDeep { .. })), "{error}");

    let (_folder, dir) = package();
    dir.write("Tasks", "").unwrap();
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::Case { .. }), "{error}");

    let (_folder, dir) = package();
    dir.create("long").unwrap().set_len(crate::FILE_LEN_MAX + 1).unwrap();
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::FileTooLong { .. }), "{error}");

    let (_folder, dir) = package();
    for n in 0..4 {
        dir.create(format!("f{n}")).unwrap().set_len(crate::FILE_LEN_MAX).unwrap();
    }
    let error = stage(Source::directory(dir)).unwrap_err();
    assert!(matches!(error, PackageError::TooLong), "{error}");

    let (_folder, dir) = package();
    for n in 0..crate::ENTRIES_MAX - 2 {
        dir.create_dir(format!("d{n}")).unwrap();
    }
    let error = stage(Source::directory(dir.try_clone().unwrap())).unwrap_err();
    assert!(matches!(error, PackageError::TooManyEntries), "{error}");
    dir.remove_dir("d0").unwrap();
    stage(Source::directory(dir)).unwrap();
}

#[test]
fn hidden_files_belong_to_the_package_and_empty_folders_do_not_count() {
    let (_folder, dir) = package();
    let before = stage(Source::directory(dir.try_clone().unwrap())).unwrap().digest();
    dir.create_dir("empty").unwrap();
    assert_eq!(stage(Source::directory(dir.try_clone().unwrap())).unwrap().digest(), before);
    dir.write(".hidden", "").unwrap();
    let mut archive = Vec::new();
    let packed = pack(&dir, &mut archive).unwrap();
    assert_ne!(packed.digest, before);
    assert_eq!(stage(Source::directory(dir)).unwrap().digest(), packed.digest);
}
