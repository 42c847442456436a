//! `dormouse doctor`: what is found on this machine, and what is missing.

mod state_directory;

use anstream::ColorChoice;
use dormouse::{Allocator, Engine, EngineConfig};
use dormouse_system::Found;
use jiff::tz::TimeZone;
use serde::Serialize;

use self::state_directory::state_directory;
use super::compile_worker;
use crate::cli::DoctorArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host;
use crate::output::escape::escape;
use crate::output::{Page, Sheet};
use crate::state;

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    /// As it should be.
    Ok,
    /// Not there, which many machines can do without.
    Absent,
    /// Worth a look.
    Warning,
    /// A host cannot run like this.
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "absent",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    level: Level,
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Finding {
    fn new(what: impl Into<String>, level: Level, found: impl Into<String>) -> Self {
        Self { what: what.into(), level, found: found.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

pub(crate) fn doctor(args: &DoctorArgs, color: ColorChoice) -> Result<Exit> {
    let home = state::home(&args.home)?;
    let mut findings =
        vec![Finding::new("version", Level::Ok, env!("CARGO_PKG_VERSION")), engine(), compiler()];
    findings.extend(state_directory(&home));
    findings.push(time_zones());
    findings.extend(machine()?);

    let broken = findings.iter().any(|finding| finding.level == Level::Error);
    let exit = if broken { Exit::State } else { Exit::Success };
    let mut page = Page::new();
    if args.json.json {
        for finding in &findings {
            page.json(finding)?;
        }
        return page.print(color, exit);
    }
    let mut sheet = Sheet::new(["", "", ""]);
    for finding in &findings {
        sheet.row([finding.what.clone(), finding.level.as_str().to_owned(), finding.found.clone()]);
    }
    page.line(sheet.text().trim_start());
    for finding in &findings {
        if let Some(help) = &finding.help {
            page.line(escape(&format!("{}: {}: {help}", finding.level.as_str(), finding.what)));
        }
    }
    page.print(color, exit)
}

fn engine() -> Finding {
    let what = "engine";
    match Engine::new(&EngineConfig::default()) {
        Ok(engine) => match engine.allocator() {
            Allocator::Pool { slots, stacks, pagemap_scan: true } => {
                Finding::new(what, Level::Ok, format!("pools for {slots} runs and {stacks} stacks, with pagemap_scan"))
            }
            Allocator::Pool { slots, stacks, .. } => {
                Finding::new(what, Level::Ok, format!("pools for {slots} runs and {stacks} stacks, without pagemap_scan"))
                    .help("a run costs twice as much as with it: Linux 6.7 has it")
            }
            Allocator::OnDemand { reason } => {
                Finding::new(what, Level::Warning, format!("no pools: {reason}"))
                    .help("each run maps its own memory, which is slower: raise vm.max_map_count and the limit of address space")
            }
            other => Finding::new(what, Level::Ok, format!("{other:?}")),
        },
        Err(error) => Finding::new(what, Level::Error, error.to_string()).help("tasks cannot be run on this machine"),
    }
}

fn compiler() -> Finding {
    Finding::new("compiler", Level::Ok, compile_worker::compiler().describe())
}

fn time_zones() -> Finding {
    let zones = jiff::tz::db().available().count();
    let here = TimeZone::try_system();
    let here = here.as_ref().ok().and_then(|zone| zone.iana_name());
    match (zones, here) {
        (0, _) => Finding::new("time zones", Level::Warning, "none are known")
            .help("cron triggers are kept in UTC only: install the time zone data of the system (tzdata)"),
        (zones, Some(here)) => {
            Finding::new("time zones", Level::Ok, format!("{zones} known, this machine's is {here}"))
        }
        (zones, None) => {
            Finding::new("time zones", Level::Ok, format!("{zones} known, this machine's has no name"))
        }
    }
}

/// What conditions and system events are read from.
fn machine() -> Result<Vec<Finding>> {
    let runtime = host::runtime()?;
    let report = runtime.block_on(async {
        let machine = host::machine()?;
        machine.ready().await;
        Ok(machine.report())
    });
    runtime.shutdown_background();
    let found = report?;
    let found = found.iter().map(|(source, found)| match found {
        Found::Present { how } => Finding::new(source.as_str(), Level::Ok, how),
        Found::Absent { why } => Finding::new(source.as_str(), Level::Absent, why),
        Found::NotYet => Finding::new(source.as_str(), Level::Warning, found.to_string()),
    });
    Ok(found.collect())
}
