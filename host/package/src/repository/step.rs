//! The moments between which a kill makes a difference. In tests a process ends at one of them, as if it was killed.

/// What was just done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The staging folder was made.
    Begun,
    /// All files were written.
    Written,
    /// They are on the disk.
    Synced,
    /// The app has a folder.
    Folder,
    /// The package has its name.
    Renamed,
    /// It has none any more.
    Withdrawn,
}

#[cfg(not(test))]
pub(super) const fn reach(_: Step) {}

/// The variable that names the step at which to end.
#[cfg(test)]
pub(super) const END_AT: &str = "DORMOUSE_TEST_END_AT";

#[cfg(test)]
impl Step {
    pub(super) const ALL: [Self; 6] =
        [Self::Begun, Self::Written, Self::Synced, Self::Folder, Self::Renamed, Self::Withdrawn];
}

#[cfg(test)]
pub(super) fn reach(step: Step) {
    if std::env::var(END_AT).is_ok_and(|name| name == format!("{step:?}")) {
        // Nothing is dropped.
        std::process::exit(86);
    }
}
