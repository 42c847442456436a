//! Packages for tests: good ones, and archives that no tool would write.

use std::io::Write;
use std::path::Path;

use cap_std::fs::Dir;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};
use tempfile::TempDir;

/// A manifest of few words.
pub(crate) const MANIFEST: &str = r#"[package]
name = "org.example.feeds"
version = "1.4.0"

[entry-points.refresh]
component = "tasks/refresh.wasm"
triggers = ["application"]
"#;

/// A folder, by path and by handle.
pub(crate) fn scratch() -> (TempDir, Dir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = open(folder.path());
    (folder, dir)
}

pub(crate) fn open(path: &Path) -> Dir {
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    let authority = cap_std::ambient_authority();
    Dir::open_ambient_dir(path, authority).unwrap()
}

/// A folder with a valid package in it.
pub(crate) fn package() -> (TempDir, Dir) {
    let (folder, dir) = scratch();
    dir.write("dormouse.toml", MANIFEST).unwrap();
    dir.create_dir("tasks").unwrap();
    dir.write("tasks/refresh.wasm", "a component").unwrap();
    (folder, dir)
}

/// A tar, block by block.
#[derive(Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    /// With a valid package in it already.
    pub(crate) fn package() -> Self {
        Self::default().file("dormouse.toml", MANIFEST).file("tasks/refresh.wasm", "a component")
    }

    pub(crate) fn file(self, name: &str, bytes: &str) -> Self {
        self.entry(EntryType::Regular, name.as_bytes(), bytes.as_bytes())
    }

    /// Any entry: nothing is checked.
    pub(crate) fn entry(self, kind: EntryType, name: &[u8], bytes: &[u8]) -> Self {
        let header = header(kind, name, bytes.len() as u64);
        self.blocks(&header, bytes)
    }

    /// A header with anything behind it.
    pub(crate) fn blocks(mut self, header: &Header, bytes: &[u8]) -> Self {
        self.0.extend(header.as_bytes());
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// A pax header.
    pub(crate) fn pax(self, kind: EntryType, key: &str, value: &str) -> Self {
        self.entry(kind, b"pax", &pax(key, value))
    }

    /// The end, and all of it compressed.
    pub(crate) fn gz(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        gz(&self.0)
    }
}

pub(crate) fn header(kind: EntryType, name: &[u8], len: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(len);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// One field: its own length, in digits, counts too.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let len = (1..).find(|len: &usize| len.to_string().len() + rest.len() == *len).unwrap();
    format!("{len}{rest}").into_bytes()
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}
