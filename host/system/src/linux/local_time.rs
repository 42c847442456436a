//! The file that says which zone local time is in, the transitions of that zone, and settings of the clock.
//!
//! timedated's notices are hints that the file was replaced; inotify's are as well, and either may be missing.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dormouse_core::SystemEvent;
use futures::StreamExt;
use inotify::{EventMask, EventStream, Inotify, WatchMask};
use jiff::tz::TimeZone;

use super::clock_set::ClockSet;
use super::{Follower, read_at_most};
use crate::report::{Found, Source};
use crate::time_zone::LocalTime;

/// The largest zone of the world has less than four thousand.
const ZONE_BYTES_MAX: u64 = 1 << 20;

/// The file is replaced in several steps.
const QUIET: Duration = Duration::from_millis(250);

/// Room for some tens of notices; what does not fit is read next.
const NOTICES_BYTES: usize = 4096;

/// The loop.
pub(crate) async fn run(follower: Follower, file: PathBuf) {
    let mut notices = watch(&file);
    let mut told = follower.board.told();
    let clock_set = ClockSet::open();
    let mut local = LocalTime::default();
    loop {
        // A zone that cannot be read is taken for the one before: local time did not shift by that.
        let said = told.borrow_and_update().zone.clone();
        let next = match known(&file, said.as_deref()) {
            Ok(Known { zone, name, note }) => {
                let look = local.look(&zone, follower.clock.wall());
                if look.shifted {
                    follower.board.raise(&[SystemEvent::TimeZoneChange]);
                }
                let followed = match &notices {
                    Ok(_) => String::new(),
                    Err(why) => format!(", read again only when it shifts or timedated tells of it: {why}"),
                };
                let how = format!("{name}UTC{}{note}{followed}", look.offset);
                follower.board.found(Source::LocalTime, Found::present(how));
                look.next
            }
            Err(why) => {
                follower.board.found(Source::LocalTime, Found::absent(why));
                None
            }
        };
        let shift = async {
            match next {
                Some(next) => follower.sleep(next.since(follower.clock.wall())).await,
                None => std::future::pending().await,
            }
        };
        let set = async {
            match &clock_set {
                Ok(clock_set) => clock_set.next().await.is_ok(),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shift => {}
            true = set => {}
            Ok(()) = told.changed() => follower.sleep(QUIET).await,
            changed = changed(&mut notices, &file) => match changed {
                Ok(()) => follower.sleep(QUIET).await,
                Err(why) => notices = Err(why),
            },
        }
    }
}

/// The zone that local time is in.
struct Known {
    zone: TimeZone,
    /// What people call it, for reports; nothing if that is not known.
    name: String,
    /// Why it is not known from the file, for reports; nothing if it is.
    note: String,
}

/// Why the zone that local time is in is not known.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("{}: {why}", file.display())]
    Unreadable { file: PathBuf, why: io::Error },
    #[error("{unreadable}; timedated says {told:?}, which no zone of this machine is called")]
    NoSuchZone { unreadable: Box<Unknown>, told: String },
}

/// The zone of `file`, which everybody on the machine goes by, whatever timedated `told`. What was told is taken
/// only where a file is there and no zone can be read from it.
fn known(file: &Path, told: Option<&str>) -> Result<Known, Unknown> {
    let unreadable = match zone(file) {
        Ok(zone) => return Ok(Known { zone, name: name(file), note: String::new() }),
        Err(why) => Unknown::Unreadable { file: file.to_owned(), why },
    };
    let Some(told) = told else { return Err(unreadable) };
    match TimeZone::get(told) {
        Ok(zone) => {
            Ok(Known { zone, name: format!("{told}, "), note: format!(", as timedated says; {unreadable}") })
        }
        Err(_) => Err(Unknown::NoSuchZone { unreadable: Box::new(unreadable), told: told.to_owned() }),
    }
}

/// The zone that `file` says. Without a file it is UTC, and so it is by timedated.
fn zone(file: &Path) -> io::Result<TimeZone> {
    let bytes = match read_at_most(file, ZONE_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(TimeZone::UTC),
        other => other?,
    };
    TimeZone::tzif("local time", &bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// What people call the zone, for reports; nothing if `file` is no link to one.
fn name(file: &Path) -> String {
    let target = std::fs::read_link(file).ok();
    let name = target.as_deref().and_then(Path::to_str).and_then(|target| target.split_once("/zoneinfo/"));
    name.map(|(_, name)| format!("{name}, ")).unwrap_or_default()
}

/// Watches the folder of `file`: the file itself is replaced, not changed.
fn watch(file: &Path) -> io::Result<EventStream<Vec<u8>>> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let inotify = Inotify::init()?;
    let replaced = WatchMask::CREATE | WatchMask::MOVE | WatchMask::DELETE | WatchMask::CLOSE_WRITE;
    inotify.watches().add(folder, replaced)?;
    inotify.into_event_stream(vec![0; NOTICES_BYTES])
}

/// Waits for a change of `file`; for ever, where nobody tells of one.
async fn changed(notices: &mut io::Result<EventStream<Vec<u8>>>, file: &Path) -> io::Result<()> {
    let Ok(notices) = notices else { return std::future::pending().await };
    loop {
        let Some(notice) = notices.next().await else {
            return Err(io::Error::other("the watch of its folder ended"));
        };
        let notice = notice?;
        if notice.mask.contains(EventMask::IGNORED) {
            return Err(io::Error::other("its folder is gone"));
        }
        if notice.mask.contains(EventMask::Q_OVERFLOW) || notice.name.as_deref() == file.file_name() {
            return Ok(());
        }
    }
}
