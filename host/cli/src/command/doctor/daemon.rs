//! Whether a host runs, how it is, and who looks after it.

use std::fs;

use dormouse_control::api::{HostInfo, StatsView};

use super::{Finding, Level};
use crate::cli::HostArgs;
use crate::control::{self, Connection, Need};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{millis, span};

pub(super) async fn daemon(args: &HostArgs) -> Vec<Finding> {
    let what = "host";
    match control::connect(args, Need::Daemon).await {
        Ok(host) => asked(args, &host).await,
        Err(failure)
            if failure.exit() == Exit::Unreachable && args.host.is_none() && failure.is_about_nothing() =>
        {
            let means = "what is registered fires once `dormouse serve` runs";
            vec![Finding::new(what, Level::Absent, "none runs on this state directory", means)]
        }
        Err(failure) => vec![bad(&failure)],
    }
}

fn bad(failure: &Failure) -> Finding {
    let means = "commands cannot ask it: is it the right one, and does it still run?";
    Finding::new("host", Level::Bad, failure.text(), means)
}

async fn asked(args: &HostArgs, host: &Connection) -> Vec<Finding> {
    let info = match host.host().await {
        Ok(info) => info,
        Err(error) => return vec![bad(&error.into())],
    };
    let mut found = vec![running(&info)];
    found.push(match host.health().await {
        Ok(health) => {
            Finding::new("health", Level::Ok, health.status, "its loops turn, and its store answers")
        }
        Err(error) => {
            let means = "it does not do its work: look at its log, and start it again";
            Finding::new("health", Level::Bad, Failure::from(error).text(), means)
        }
    });
    found.push(quarantine(&info));
    found.push(dead_letters(&info));
    found.push(apps(&info.stats));
    // Only of a process of this machine there is something to see.
    if args.host.as_ref().is_none_or(|url| url.starts_with("unix:")) {
        found.push(service(&info));
    }
    found
}

fn running(info: &HostInfo) -> Finding {
    let what = "host";
    let found = format!("version {}, process {}, up for {}", info.version, info.pid, millis(info.uptime_ms));
    if info.version != env!("CARGO_PKG_VERSION") {
        let means = "it is of another version than this program: start it again";
        return Finding::new(what, Level::Warn, found, means);
    }
    if info.stopping {
        return Finding::new(what, Level::Warn, found, "it is stopping, and takes nothing more in");
    }
    Finding::new(what, Level::Ok, found, "what is registered fires")
}

fn quarantine(info: &HostInfo) -> Finding {
    let what = "quarantine";
    match info.stats.quarantined {
        0 => Finding::new(what, Level::Ok, "empty", "no registration was left alone for crashes of the host"),
        n => {
            let means = "the host fell again and again while they ran: `dormouse list` names them, `dormouse release` lets them go on";
            Finding::new(what, Level::Warn, format!("{n} registrations"), means)
        }
    }
}

fn dead_letters(info: &HostInfo) -> Finding {
    let what = "dead letters";
    match info.stats.dead_letters {
        None => Finding::new(what, Level::Warn, "unknown", "its store does not say: `dormouse doctor` again"),
        Some(0) => {
            Finding::new(what, Level::Ok, "none", "nothing that failed waits for somebody to look at it")
        }
        Some(n) => {
            let means = "`dormouse dead list` lists what failed for good; run it again, or discard it";
            Finding::new(what, Level::Warn, n.to_string(), means)
        }
    }
}

fn apps(stats: &StatsView) -> Finding {
    let what = "apps";
    let (taken, suspended, max) = (stats.app_instances, stats.apps_suspended, stats.apps_max);
    if max == 0 {
        let means = "no app is launched here: `dormouse serve --apps` gives them places";
        return Finding::new(what, Level::Absent, "no places", means);
    }
    let found = format!("{taken} of {max} places taken, {suspended} by suspended apps");
    if taken.saturating_sub(suspended) >= max {
        let means = "no other is launched until one of these is suspended or ends: `dormouse apps` says where each is, `dormouse app close` ends one";
        return Finding::new(what, Level::Warn, found, means);
    }
    let means = if taken < max {
        "apps that are launched have places of their own, beside those of runs"
    } else {
        "for one more that is launched a suspended one is ended"
    };
    Finding::new(what, Level::Ok, found, means)
}

/// What looks after the process: seen in its own environment, which its user may read.
fn service(info: &HostInfo) -> Finding {
    let what = "service";
    let text = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", info.pid)).unwrap_or_default();
    let unit = unit(&text("cgroup")).map(str::to_owned);
    match (unit, watchdog(&text("environ"))) {
        (Some(unit), Some(watchdog)) => {
            let found = format!("{unit}, watchdog {}", span(watchdog));
            Finding::new(what, Level::Ok, found, "systemd starts it again when it falls or hangs")
        }
        (Some(unit), None) => {
            let means = "nobody notices when it hangs: set WatchdogSec= in the unit";
            Finding::new(what, Level::Warn, format!("{unit}, no watchdog"), means)
        }
        (None, _) => {
            let means = "nobody starts it again when it falls: run it as a service";
            Finding::new(what, Level::Absent, "started by hand", means)
        }
    }
}

/// The unit that a process belongs to, from the text of its `cgroup`.
fn unit(cgroup: &str) -> Option<&str> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    // A shell of somebody's session is in a unit of that session, which does not look after it.
    path.rsplit('/').next().filter(|name| name.ends_with(".service") && !name.starts_with("user@"))
}

/// How long a process may be silent before it is started again, from the text of its `environ`.
fn watchdog(environ: &str) -> Option<std::time::Duration> {
    let micros = environ.split('\0').find_map(|variable| variable.strip_prefix("WATCHDOG_USEC="))?;
    micros.parse().ok().map(std::time::Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_after_a_process_is_read_from_where_linux_says_it() {
        assert_eq!(unit("0::/system.slice/dormouse.service\n"), Some("dormouse.service"));
        assert_eq!(unit("0::/user.slice/user-1000.slice/session-2.scope\n"), None);
        assert_eq!(unit("0::/user.slice/user-1000.slice/user@1000.service\n"), None);
        assert_eq!(unit(""), None);
        assert_eq!(watchdog("A=b\0WATCHDOG_USEC=30000000\0"), Some(std::time::Duration::from_secs(30)));
        assert_eq!(watchdog("A=b\0"), None);
    }

    #[test]
    fn a_host_that_has_no_place_for_another_app_and_could_have_one_is_worth_a_look() {
        let apps = |app_instances, apps_suspended, apps_max| {
            apps(&StatsView { app_instances, apps_suspended, apps_max, ..StatsView::default() })
        };
        assert_eq!(
            (apps(0, 0, 2).level, apps(1, 0, 2).level, apps(2, 0, 2).level),
            (Level::Ok, Level::Ok, Level::Warn)
        );
        assert_eq!(apps(2, 1, 2).found, "2 of 2 places taken, 1 by suspended apps");
        assert_eq!((apps(2, 1, 2).level, apps(2, 2, 2).level), (Level::Ok, Level::Ok), "they give way");
        assert_ne!(apps(2, 1, 2).means, apps(1, 1, 2).means);
        let none = apps(0, 0, 0);
        assert_eq!((none.level, none.found.as_str()), (Level::Absent, "no places"), "as it was asked for");
        assert!(none.means.contains("--apps"), "there is none to close: {}", none.means);
    }
}
