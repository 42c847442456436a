//! What the task remembers from run to run, in its local folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::UNIX_EPOCH;

const RECORD: &str = "/local/record";
const CHECKPOINT: &str = "/local/checkpoint";

/// What tells that a file changed: its length and when it was last written, in nanoseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    len: u64,
    modified: u128,
}

impl State {
    /// None if there is no such file.
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Ok(None),
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        // Before 1970 is as good as 1970: what counts is that it is another date than the last time.
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Some(Self { len: metadata.len(), modified: modified.as_nanos() }))
    }
}

/// The pictures that were dealt with, and what they were like then.
#[derive(Default)]
pub(crate) struct Record(BTreeMap<String, Entry>);

struct Entry {
    state: State,
    /// It could not be decoded, and cannot as long as it does not change.
    bad: bool,
}

impl Record {
    pub(crate) fn load() -> io::Result<Self> {
        Ok(Self(read(RECORD)?.iter().filter_map(|line| entry(line)).collect()))
    }

    pub(crate) fn save(&self) -> io::Result<()> {
        let lines = self.0.iter().map(|(name, Entry { state, bad })| {
            let kind = if *bad { "bad" } else { "made" };
            format!("{kind} {} {} {name}", state.len, state.modified)
        });
        write(RECORD, lines)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(crate) fn is_up_to_date(&self, name: &str, state: State, has_thumbnail: bool) -> bool {
        self.0.get(name).is_some_and(|entry| entry.state == state && (entry.bad || has_thumbnail))
    }

    pub(crate) fn made(&mut self, name: &str, state: State) {
        self.0.insert(name.to_owned(), Entry { state, bad: false });
    }

    pub(crate) fn bad(&mut self, name: &str, state: State) {
        self.0.insert(name.to_owned(), Entry { state, bad: true });
    }

    /// Answers whether it was known.
    pub(crate) fn forget(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }
}

/// A line that is not understood is left out: its picture is looked at again, which is no harm.
fn entry(line: &str) -> Option<(String, Entry)> {
    let mut parts = line.splitn(4, ' ');
    let bad = match parts.next()? {
        "bad" => true,
        "made" => false,
        _ => return None,
    };
    let state = State { len: parts.next()?.parse().ok()?, modified: parts.next()?.parse().ok()? };
    Some((parts.next()?.to_owned(), Entry { state, bad }))
}

/// The names of the pictures that a run had still to look at when it ended.
pub(crate) struct Checkpoint;

impl Checkpoint {
    pub(crate) fn load() -> io::Result<Vec<String>> {
        read(CHECKPOINT)
    }

    /// With nothing left there is no checkpoint.
    pub(crate) fn save<'a>(left: impl IntoIterator<Item = &'a String>) -> io::Result<()> {
        let mut left = left.into_iter().cloned().peekable();
        if left.peek().is_none() {
            return crate::remove_if_there(Path::new(CHECKPOINT));
        }
        write(CHECKPOINT, left)
    }
}

/// The items of a file, or none if there is no such file. They end in a NUL, the one character that cannot
/// be part of a file's name.
fn read(path: &str) -> io::Result<Vec<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.split_terminator('\0').map(ToOwned::to_owned).collect()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

fn write(path: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    let text: String = items.map(|item| item + "\0").collect();
    write_atomically(Path::new(path), text.as_bytes())
}

/// Whoever reads `path` finds the old contents or the new ones, never a part: the sandbox may go at any
/// moment.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // In the same folder, since a rename does not cross file systems.
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, bytes)?;
    fs::rename(&partial, path)
}
