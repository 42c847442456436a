//! Where a test can end the process, as a crash would: before and after a commit, by what it holds.

use dormouse_core::station;

/// What a command is to [`station`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Enqueue,
    Claim,
    Finish,
    Cursor,
    Prune,
    AppRunning,
    AppEnded,
    /// It has no station.
    Other,
}

/// The names of the stations of those kinds that have some, in the order of [`Kind`].
const NAMES: [(&str, &str); 7] = [
    ("enqueue.before", "enqueue.after"),
    ("claim.before", "claim.after"),
    ("finish.before", "finish.after"),
    ("cursor.before", "cursor.after"),
    ("prune.before", "prune.after"),
    ("app.running.before", "app.running.after"),
    ("app.ended.before", "app.ended.after"),
];

/// The kinds that a batch holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    fn stations(self) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        (0u8..).zip(&NAMES).filter(move |(kind, _)| self.0 & (1 << kind) != 0).map(|(_, names)| names)
    }

    pub(crate) fn pass_before(self) {
        self.stations().for_each(|(before, _)| station::pass(before));
    }

    pub(crate) fn pass_after(self) {
        self.stations().for_each(|(_, after)| station::pass(after));
    }
}
