use std::io::Cursor;

use super::*;
use crate::path::PATH_LEN_MAX;
use crate::repository::Repository;
use crate::source::Source;
use crate::testing::{MANIFEST, package, scratch};

#[test]
fn what_is_packed_is_read_back_as_the_same_package() {
    let (_folder, dir) = package();
    let long = format!("{}/{}", "é".repeat(60), "b".repeat(PATH_LEN_MAX - 121));
    dir.create_dir_all("é".repeat(60)).unwrap();
    dir.write(&long, "long").unwrap();
    let mut archive = Vec::new();
    let packed = pack(&dir, &mut archive).unwrap();
    assert_eq!(packed.archive, Digest::of(&archive));
    assert_eq!(packed.manifest.name.as_str(), "org.example.feeds");
    let (_root, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let source = Source::archive(Cursor::new(archive)).expecting(packed.archive).unwrap();
    assert_eq!(repository.stage(source).unwrap().digest(), packed.digest);
}

#[test]
fn one_directory_gives_the_same_bytes_whatever_its_files_went_through() {
    let archive = |dir: &Dir| {
        let mut archive = Vec::new();
        pack(dir, &mut archive).unwrap();
        archive
    };
    let (_folder, one) = package();
    let (folder, other) = scratch();
    // In another order, with another mode and another time.
    other.create_dir("tasks").unwrap();
    other.write("tasks/refresh.wasm", "a component").unwrap();
    other.write("dormouse.toml", MANIFEST).unwrap();
    let file = std::fs::File::options().write(true).open(folder.path().join("dormouse.toml")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(archive(&one), archive(&other));
}

#[test]
fn what_is_no_package_is_not_packed() {
    let (_folder, dir) = scratch();
    assert!(matches!(pack(&dir, io::sink()), Err(PackageError::NoManifest)));
    dir.write("dormouse.toml", MANIFEST).unwrap();
    assert!(matches!(pack(&dir, io::sink()), Err(PackageError::Manifest(_))));
    let (folder, dir) = package();
    std::os::unix::fs::symlink("dormouse.toml", folder.path().join("link")).unwrap();
    assert!(matches!(pack(&dir, io::sink()), Err(PackageError::NotRegular { .. })));
}
