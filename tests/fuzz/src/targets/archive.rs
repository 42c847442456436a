//! Packages in one file. The first byte of the input says what the rest is: a `.tar.gz`, a tar that is compressed here,
//! or a tar whose checksums are made right before that, so that changes get behind them.
//!
//! What is taken must be to a second reader, which shares no code with ours, what it is to us. It must also be the same
//! package as a directory of its files is, and as that directory when packed.

mod plain;

use std::io::{Cursor, Write};

use cap_std::fs::Dir;
use dormouse_package::{Digest, MANIFEST_NAME, Repository, RepositoryError, Source, pack};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};
use tempfile::TempDir;

use super::host::{opened, scratch};
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

const BLOCK: usize = 512;

pub(super) struct Archives {
    root: Dir,
    repository: Repository,
    _folder: TempDir,
}

impl Archives {
    pub(super) fn new() -> Self {
        let (folder, root) = scratch();
        let repository = Repository::open(opened(folder.path())).expect("a repository in an empty folder");
        Self { root, repository, _folder: folder }
    }

    fn staged(&self, source: Source) -> Result<Digest, RepositoryError> {
        self.repository.stage(source).map(|staged| staged.digest())
    }

    fn read_tar(&self, tar: &[u8]) -> Result<Answer, Wrong> {
        let archive = Source::archive(Cursor::new(compressed(tar)));
        let digest = match self.staged(archive) {
            Ok(digest) => digest,
            Err(error) => return refused(error),
        };
        let files =
            plain::files(tar).map_err(|why| Wrong(format!("another reader cannot read it: {why}")))?;
        let (_folder, dir) = scratch();
        for (path, bytes) in &files {
            put(&dir, path, bytes).map_err(|why| Wrong(format!("another reader sees `{path}`: {why}")))?;
        }
        let same = |what, source| match self.staged(source) {
            Ok(other) if other == digest => Ok(()),
            other => Err(Wrong(format!(
                "{what} is another package: {other:?} for {digest}; files {:?}",
                files.keys()
            ))),
        };
        let mut packed = Vec::new();
        pack(&dir, &mut packed).map_err(|error| Wrong(format!("what was read cannot be packed: {error}")))?;
        same("its directory", Source::directory(dir))?;
        same("its directory, packed,", Source::archive(Cursor::new(packed)))?;
        Ok(taken(format!("files {}", "f".repeat(files.len().min(9)))))
    }
}

impl Target for Archives {
    fn examples(&self) -> Vec<Vec<u8>> {
        let manifest = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n\
                        [entry-points.main]\ncomponent = \"tasks/main.wasm\"\ntriggers = [\"application\"]\n";
        let files = |tar: &mut Vec<u8>| {
            entry(tar, EntryType::Regular, MANIFEST_NAME, manifest.as_bytes());
            entry(tar, EntryType::Regular, "tasks/main.wasm", b"a component");
        };
        let (mut plain, mut rich) = (Vec::new(), Vec::new());
        files(&mut plain);
        entry(&mut rich, EntryType::XGlobalHeader, "pax", b"16 comment=none\n");
        entry(&mut rich, EntryType::Directory, "./", b"");
        entry(&mut rich, EntryType::XHeader, "pax", b"20 mtime=1763708400\n");
        files(&mut rich);
        entry(&mut rich, EntryType::Directory, "data/", b"");
        entry(&mut rich, EntryType::GNULongName, "././@LongLink", b"data/a name that is given before\0");
        entry(&mut rich, EntryType::Regular, "cut", &[7; 600]);
        entry(&mut rich, EntryType::XHeader, "pax", b"18 path=data/long\n");
        entry(&mut rich, EntryType::Regular, "short", b"x");
        let mut all = Vec::new();
        for tar in [&mut plain, &mut rich] {
            tar.resize(tar.len() + 2 * BLOCK, 0);
            all.push([&[0], compressed(tar).as_slice()].concat());
            all.push([&[1], tar.as_slice()].concat());
            all.push([&[2], tar.as_slice()].concat());
        }
        all
    }

    fn words(&self) -> Vec<Vec<u8>> {
        let mut words: Vec<Vec<u8>> =
            inputs(["../", "/", "./", "..", "\0", "\\", "ustar  \0", "ustar\x0000", MANIFEST_NAME]);
        words.extend(
            ["13 path=../x\n", "11 size=99\n", "22 GNU.sparse.major=1\n", "14 path=tasks\n"]
                .map(|pax| pax.into()),
        );
        words.push(vec![0; BLOCK]);
        // An entry of each kind, whole.
        for kind in b"01234567DKLMNSVgx" {
            let mut tar = Vec::new();
            entry(&mut tar, EntryType::new(*kind), "tasks/main.wasm", b"9 a=b\n");
            words.push(tar);
        }
        words
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let (mode, rest) = input.split_first().unwrap_or((&0, &[]));
        let answer = match mode % 3 {
            0 => match self.staged(Source::archive(Cursor::new(rest.to_vec()))) {
                Ok(_) => Ok(taken("as it is")),
                Err(error) => refused(error),
            },
            1 => self.read_tar(rest),
            _ => self.read_tar(&mended(rest)),
        };
        let mut left = self.root.read_dir(".staging").map_err(|error| Wrong(error.to_string()))?;
        Wrong::unless(left.next().is_none(), || "something stayed behind".to_owned())?;
        answer
    }
}

fn put(dir: &Dir, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    if let Some((folder, _)) = path.rsplit_once('/') {
        dir.create_dir_all(folder)?;
    }
    dir.write(path, bytes)
}

/// Anything: nothing is checked.
fn entry(tar: &mut Vec<u8>, kind: EntryType, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    let room = &mut header.as_old_mut().name;
    for (byte, to) in name.bytes().zip(room) {
        *to = byte;
    }
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    tar.extend(header.as_bytes());
    tar.extend(bytes);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

/// `tar` with right checksums in whatever is most likely a header.
fn mended(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    for block in tar.chunks_exact_mut(BLOCK) {
        if block.get(257..262) == Some(b"ustar") {
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(block);
            header.set_cksum();
            block.copy_from_slice(header.as_bytes());
        }
    }
    tar
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).and_then(|()| gzip.finish()).unwrap_or_default()
}
