use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tar::EntryType;

use super::*;
use crate::intake::FILE_LEN_MAX;
use crate::path::{PATH_LEN_MAX, PathError};
use crate::repository::{Repository, RepositoryError};
use crate::source::Source;
use crate::testing::{Tar, gz, header, package, pax, scratch};

/// Stages `archive` in an empty repository, which must be as empty afterwards.
fn refused(archive: impl Read + Send + 'static) -> PackageError {
    refused_source(Source::archive(archive))
}

fn refused_source(source: Source) -> PackageError {
    let (_folder, root) = scratch();
    let repository = Repository::open(root.try_clone().unwrap()).unwrap();
    let error = match repository.stage(source) {
        Err(RepositoryError::Package(error)) => error,
        other => panic!("not refused: {other:?}"),
    };
    let left: Vec<_> = root.entries().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".staging"]);
    assert_eq!(root.read_dir(".staging").unwrap().count(), 0, "something stayed behind {error}");
    error
}

fn refused_tar(tar: Tar) -> PackageError {
    refused(Cursor::new(tar.gz()))
}

fn accepted(archive: Vec<u8>) -> Digest {
    let (_folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    repository.stage(Source::archive(Cursor::new(archive))).unwrap().digest()
}

#[test]
fn an_archive_and_its_directory_are_one_package() {
    let (_folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let (_package, dir) = package();
    let staged = repository.stage(Source::directory(dir)).unwrap();
    assert_eq!(accepted(Tar::package().gz()), staged.digest());
}

#[test]
fn what_common_tools_write_is_read() {
    let plain = accepted(Tar::package().gz());
    // `tar -C DIR -czf FILE .`, with times in pax headers, and padded to 20 blocks.
    let mut tar = Tar::default()
        .entry(EntryType::XGlobalHeader, b"pax", &pax("comment", "made by hand"))
        .entry(EntryType::Directory, b"./", b"")
        .pax(EntryType::XHeader, "mtime", "1763708400.25")
        .file("./dormouse.toml", crate::testing::MANIFEST)
        .entry(EntryType::Directory, b"./tasks/", b"")
        .file("./tasks/refresh.wasm", "a component");
    tar.0.resize(10_240, 0);
    assert_eq!(accepted(gz(&tar.0)), plain);
}

#[test]
fn a_name_may_come_in_a_header_of_its_own() {
    let long = format!("{}/{}", "a".repeat(120), "b".repeat(PATH_LEN_MAX - 121));
    let gnu = Tar::package()
        .entry(EntryType::GNULongName, b"././@LongLink", format!("{long}\0").as_bytes())
        .file("cut", "x");
    let pax = Tar::package().pax(EntryType::XHeader, "path", &long).file("cut", "x");
    assert_eq!(accepted(gnu.gz()), accepted(pax.gz()));
}

#[test]
fn no_entry_leads_out_of_the_package() {
    for name in ["../evil", "a/../../evil", "..", "a/..", "./../evil", "a//b"] {
        let error = refused_tar(Tar::package().file(name, "x"));
        assert!(matches!(error, PackageError::Path(PathError::Part { .. })), "{name}: {error}");
    }
    let error = refused_tar(Tar::package().file("/etc/cron.d/evil", "x"));
    assert!(matches!(error, PackageError::Path(PathError::Absolute { .. })), "{error}");
    let error = refused_tar(Tar::package().file("..\\evil", "x"));
    assert!(matches!(error, PackageError::Path(PathError::Character { .. })), "{error}");
    let error = refused_tar(Tar::package().entry(EntryType::Regular, b"\xff\xfe", b"x"));
    assert!(matches!(error, PackageError::Path(PathError::NotUtf8 { .. })), "{error}");
    // The same, where the name comes in a header of its own, and for a folder.
    for tar in [
        Tar::package().pax(EntryType::XHeader, "path", "../evil").file("good", "x"),
        Tar::package().entry(EntryType::GNULongName, b"l", b"../evil\0").file("good", "x"),
        Tar::package().entry(EntryType::Directory, b"../evil/", b""),
    ] {
        let error = refused_tar(tar);
        assert!(matches!(error, PackageError::Path(PathError::Part { .. })), "{error}");
    }
}

#[test]
fn only_files_and_folders_are_taken() {
    for (kind, name) in [
        (EntryType::Symlink, "symbolic link"),
        (EntryType::Link, "hard link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "pipe"),
    ] {
        let mut link = header(kind, b"evil", 0);
        link.as_old_mut().linkname[..11].copy_from_slice(b"/etc/passwd");
        link.set_cksum();
        match refused_tar(Tar::package().blocks(&link, b"")) {
            PackageError::NotRegular { path, kind } => assert_eq!((path.as_str(), kind), ("evil", name)),
            error => panic!("{name}: {error}"),
        }
    }
    for kind in [
        EntryType::GNUSparse,
        EntryType::Continuous,
        EntryType::GNULongLink,
        EntryType::new(b'V'),
        EntryType::new(b'D'),
        EntryType::new(b'Z'),
    ] {
        let error = refused_tar(Tar::package().entry(kind, b"evil", b"x"));
        assert!(matches!(error, PackageError::Unsupported { .. }), "{kind:?}: {error}");
    }
}

#[test]
fn nothing_may_change_where_an_entry_ends() {
    for tar in [
        Tar::package().pax(EntryType::XHeader, "size", "0").file("a", "x"),
        Tar::package().pax(EntryType::XGlobalHeader, "size", "0").file("a", "x"),
        Tar::package().pax(EntryType::XGlobalHeader, "path", "b").file("a", "x"),
        Tar::package().pax(EntryType::XHeader, "GNU.sparse.major", "1").file("a", "x"),
        Tar::package().pax(EntryType::XHeader, "GNU.sparse.size", "9999999999").file("a", "x"),
        Tar::package().entry(EntryType::XHeader, b"pax", b"9999 path=b\n").file("a", "x"),
        Tar::package().entry(EntryType::XHeader, b"pax", b"no pax at all").file("a", "x"),
        Tar::package().entry(EntryType::Directory, b"folder/", b"with contents"),
    ] {
        let error = refused_tar(tar);
        assert!(matches!(error, PackageError::Unsupported { .. }), "{error}");
    }
}

#[test]
fn an_entry_is_named_once() {
    let gnu = |tar: Tar| tar.entry(EntryType::GNULongName, b"l", b"b\0");
    let twice = [pax("path", "b"), pax("path", "c")].concat();
    let pax = |tar: Tar| tar.pax(EntryType::XHeader, "path", "b");
    let time = |tar: Tar| tar.pax(EntryType::XHeader, "mtime", "1");
    for tar in [
        gnu(gnu(Tar::package())).file("a", "x"),
        pax(pax(Tar::package())).file("a", "x"),
        pax(gnu(Tar::package())).file("a", "x"),
        time(time(Tar::package())).file("a", "x"),
        Tar::package().entry(EntryType::XHeader, b"pax", &twice).file("a", "x"),
    ] {
        let error = refused_tar(tar);
        assert!(matches!(error, PackageError::Unsupported { .. }), "{error}");
    }
    for tar in [gnu(Tar::package()), pax(Tar::package())] {
        let error = refused_tar(tar);
        assert!(matches!(error, PackageError::Damaged { .. }), "{error}");
    }
}

#[test]
fn names_are_unique_on_every_machine() {
    for (one, other) in [("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")] {
        let error = refused_tar(Tar::package().file(one, "x").file(other, "y"));
        assert!(matches!(error, PackageError::Twice { .. }), "{one} {other}: {error}");
    }
    for (one, other) in [("a", "A"), ("a/b", "A/c"), ("straße", "STRAßE"), ("dormouse.toml", "Dormouse.toml")]
    {
        let tar = if one == "dormouse.toml" { Tar::package() } else { Tar::package().file(one, "x") };
        let error = refused_tar(tar.file(other, "y"));
        assert!(matches!(error, PackageError::Case { .. }), "{one} {other}: {error}");
    }
}

#[test]
fn a_path_is_bounded() {
    let name = |name: String| {
        Tar::package().entry(EntryType::GNULongName, b"l", format!("{name}\0").as_bytes()).file("a", "x")
    };
    let error = refused_tar(name("a".repeat(PATH_LEN_MAX + 1)));
    assert!(matches!(error, PackageError::Path(PathError::TooLong { .. })), "{error}");
    let error = refused_tar(name(["a"; 17].join("/")));
    assert!(matches!(error, PackageError::Path(PathError::TooDeep { .. })), "{error}");
    // Told by its header alone: nothing of it is read.
    let bomb = header(EntryType::GNULongName, b"l", 8 << 30);
    let error = refused_tar(Tar::package().blocks(&bomb, b""));
    assert!(matches!(error, PackageError::Path(PathError::TooLong { .. })), "{error}");
    let bomb = header(EntryType::XHeader, b"pax", 8 << 30);
    let error = refused_tar(Tar::package().blocks(&bomb, b""));
    assert!(matches!(error, PackageError::Unsupported { .. }), "{error}");
}

#[test]
fn entries_are_counted_folders_too() {
    // `dormouse.toml`, `tasks` and `tasks/refresh.wasm` are three.
    let with = |n: usize| {
        (0..n)
            .fold(Tar::package(), |tar, n| tar.entry(EntryType::Directory, format!("d{n}/").as_bytes(), b""))
    };
    accepted(with(ENTRIES_MAX - 3).gz());
    assert!(matches!(refused_tar(with(ENTRIES_MAX - 2)), PackageError::TooManyEntries));
    let files = (0..=ENTRIES_MAX).fold(Tar::default(), |tar, n| tar.file(&format!("f{n}"), ""));
    assert!(matches!(refused_tar(files), PackageError::TooManyEntries));
    // One folder, over and over.
    let same = (0..=HEADERS_MAX).fold(Tar::default(), |tar, _| tar.entry(EntryType::Directory, b"d/", b""));
    assert!(matches!(refused_tar(same), PackageError::TooManyEntries));
    let same =
        (0..=HEADERS_MAX).fold(Tar::default(), |tar, _| tar.pax(EntryType::XGlobalHeader, "comment", "x"));
    assert!(matches!(refused_tar(same), PackageError::TooManyEntries));
}

#[test]
fn a_file_is_bounded_by_its_header() {
    let long = header(EntryType::Regular, b"long", FILE_LEN_MAX + 1);
    let error = refused_tar(Tar::package().blocks(&long, b""));
    assert!(matches!(error, PackageError::FileTooLong { .. }), "{error}");
    let mut huge = header(EntryType::Regular, b"huge", 0);
    huge.set_size(u64::MAX);
    huge.set_cksum();
    let error = refused_tar(Tar::package().blocks(&huge, b""));
    assert!(matches!(error, PackageError::FileTooLong { .. } | PackageError::Damaged { .. }), "{error}");
}

/// A gzip of `prefix` and `zeros` zeros behind it.
fn bomb(prefix: &[u8], zeros: u64) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(prefix).unwrap();
    io::copy(&mut io::repeat(0).take(zeros), &mut gzip).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_bomb_is_measured_while_it_unpacks() {
    // Nothing but zeros behind the end of a good archive: no header tells of them.
    let mut tar = Tar::package();
    tar.0.resize(tar.0.len() + 1024, 0);
    let archive = bomb(&tar.0, UNPACKED_LEN_MAX);
    assert!(archive.len() < 4 << 20, "{}", archive.len());
    let error = refused(Cursor::new(archive));
    assert!(matches!(error, PackageError::TooLong), "{error}");
}

#[test]
fn files_are_bounded_together() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&Tar::package().0).unwrap();
    // The fourth is one file too many, which its header tells: its contents are never looked for.
    for (n, contents) in [(1, FILE_LEN_MAX), (2, FILE_LEN_MAX), (3, FILE_LEN_MAX), (4, 0)] {
        let file = header(EntryType::Regular, format!("f{n}").as_bytes(), FILE_LEN_MAX);
        gzip.write_all(file.as_bytes()).unwrap();
        io::copy(&mut io::repeat(0).take(contents), &mut gzip).unwrap();
    }
    let error = refused(Cursor::new(gzip.finish().unwrap()));
    assert!(matches!(error, PackageError::TooLong), "{error}");
}

#[test]
fn the_compressed_file_is_bounded_as_well() {
    let endless = Cursor::new(Tar::package().gz()).chain(io::repeat(0));
    let error = refused(endless);
    assert!(matches!(error, PackageError::Trailing), "{error}");
    // What does not compress: stored blocks of nothing, over and over.
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let error = refused(Cursor::new(head).chain(Cyclic(0).take(ARCHIVE_LEN_MAX)));
    assert!(matches!(error, PackageError::ArchiveTooLong), "{error}");
}

/// Empty stored blocks of deflate, without an end.
struct Cyclic(usize);

impl Read for Cyclic {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for byte in buffer.iter_mut() {
            *byte = [0, 0, 0, 0xff, 0xff][self.0];
            self.0 = (self.0 + 1) % 5;
        }
        Ok(buffer.len())
    }
}

#[test]
fn what_is_cut_off_anywhere_is_refused() {
    let whole = Tar::package();
    // Before compression: at each block, and within each.
    for len in (0..=whole.0.len() + 512).step_by(256) {
        let mut cut = whole.0.clone();
        cut.resize(whole.0.len() + 1024, 0);
        cut.truncate(len);
        let error = refused(Cursor::new(gz(&cut)));
        assert!(matches!(error, PackageError::Damaged { .. }), "{len}: {error}");
    }
    let error = refused(Cursor::new(gz(&whole.0[..512 + 10])));
    assert!(error.to_string().contains("it ends within `dormouse.toml`"), "{error}");
    // And after.
    let whole = whole.gz();
    for len in 0..whole.len() {
        let error = refused(Cursor::new(whole[..len].to_vec()));
        assert!(matches!(error, PackageError::Damaged { .. }), "{len}: {error}");
    }
}

#[test]
fn nothing_follows_the_end() {
    let archive = Tar::package().gz();
    for behind in [&b"x"[..], &[0], &archive] {
        let error = refused(Cursor::new([&archive, behind].concat()));
        assert!(matches!(error, PackageError::Trailing), "{error}");
    }
    let mut tar = Tar::package();
    tar.0.resize(tar.0.len() + 1024, 0);
    let error = refused_tar(tar.file("hidden", "x"));
    assert!(matches!(error, PackageError::Trailing), "{error}");
}

#[test]
fn what_is_no_archive_says_so() {
    for bytes in [&b""[..], b"PK\x03\x04", b"\x1f\x8b", &gz(b"text"), &gz(&[b'x'; 4096])] {
        let error = refused(Cursor::new(bytes.to_vec()));
        assert!(error.to_string().contains("not a whole `.tar.gz`"), "{error}");
    }
}

#[test]
fn a_package_needs_its_manifest_at_the_top_and_its_components() {
    let error = refused_tar(Tar::default().file("feeds/dormouse.toml", crate::testing::MANIFEST));
    assert!(matches!(error, PackageError::NoManifest), "{error}");
    let error = refused_tar(Tar::default().file("dormouse.toml", crate::testing::MANIFEST));
    assert_eq!(
        error.to_string(),
        "dormouse.toml:6:13: entry-points.refresh.component: `tasks/refresh.wasm` is not in the package"
    );
    let long = "#".repeat(crate::manifest::MANIFEST_LEN_MAX + 1);
    let error = refused_tar(Tar::default().file("dormouse.toml", &long));
    assert_eq!(error.to_string(), "dormouse.toml: it is longer than 256 KiB, the most for a manifest");
}

#[test]
fn every_checksum_must_be_that_of_the_archive() {
    let archive = Tar::package().gz();
    let (right, wrong) = (Digest::of(&archive), Digest::of(b""));
    let source = |bytes: &[u8]| Source::archive(Cursor::new(bytes.to_vec()));
    let (_folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    repository.stage(source(&archive).expecting(right).unwrap()).unwrap();
    for source in [
        source(&archive).expecting(wrong).unwrap(),
        source(&archive).expecting(right).unwrap().expecting(wrong).unwrap(),
        // Torn: that it is not what was meant explains it.
        source(&archive[..archive.len() / 2]).expecting(right).unwrap(),
        source(b"").expecting(right).unwrap(),
    ] {
        let error = refused_source(source);
        assert!(matches!(error, PackageError::Checksum { .. }), "{error}");
    }
    // The right checksum makes no good archive of a bad one.
    let error = refused_source(source(b"bad").expecting(Digest::of(b"bad")).unwrap());
    assert!(matches!(error, PackageError::Damaged { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_it_panic_or_leave_something(
        at in 0..4096_usize, byte: u8, compressed: bool, cut in 0..4096_usize,
    ) {
        let mut bytes = if compressed { Tar::package().gz() } else { Tar::package().0 };
        if let Some(old) = bytes.get_mut(at) {
            *old = byte;
        }
        bytes.truncate(cut.max(64));
        let archive = if compressed { bytes } else { gz(&bytes) };
        let (_folder, root) = scratch();
        let repository = Repository::open(root.try_clone().unwrap()).unwrap();
        drop(repository.stage(Source::archive(Cursor::new(archive))));
        prop_assert_eq!(root.read_dir(".staging").unwrap().count(), 0);
    }
}
