//! `dormouse conditions`.

use anstream::ColorChoice;
use dormouse::core::condition::SPELLINGS;
use dormouse::{Clock as _, Condition, ConditionProvider as _, Holds, TokioClock, WorkCost};
use dormouse_system::{Found, Source, System};
use serde_json::json;
use tokio::runtime::Handle;

use crate::cli::ConditionsArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host;
use crate::output::{Page, Sheet};

/// A condition, or a way to write one.
struct Row {
    written: String,
    means: &'static str,
    /// None if it is not known which condition it is.
    holds: Option<Holds>,
    /// Why that is unknown.
    why: String,
}

pub(crate) fn conditions(args: &ConditionsArgs, color: ColorChoice) -> Result<Exit> {
    let runtime = host::runtime()?;
    let rows = runtime.block_on(async {
        let machine = host::machine()?;
        machine.ready().await;
        Ok(rows(args, &machine))
    });
    runtime.shutdown_background();
    let mut page = Page::new();
    let mut sheet = Sheet::new(["CONDITION", "NOW", "HOLDS WHILE"]);
    for row in rows? {
        if args.json.json {
            page.json(&json!({
                "condition": row.written,
                "holds": row.holds,
                "means": row.means,
                "why": Some(row.why).filter(|why| !why.is_empty()),
            }))?;
            continue;
        }
        let now = row.holds.map(|holds| holds.to_string()).unwrap_or_default();
        let why = if row.why.is_empty() { String::new() } else { format!(" ({})", row.why) };
        sheet.row([row.written, now, format!("{}{why}", row.means)]);
    }
    if !args.json.json {
        page.line(sheet.text());
    }
    page.print(color, Exit::Success)
}

fn rows(args: &ConditionsArgs, machine: &System) -> Vec<Row> {
    let known = |condition: &Condition, written: String, means: &'static str| {
        let holds = holds(condition, machine);
        let why = if holds == Holds::Unknown { why(condition, machine) } else { String::new() };
        Row { written, means, holds: Some(holds), why }
    };
    if args.conditions.is_empty() {
        let all = SPELLINGS.into_iter().map(|(spelling, means)| match spelling.parse::<Condition>() {
            Ok(condition) => known(&condition, spelling.to_owned(), means),
            // It is written with something of one's own.
            Err(_) => Row { written: spelling.to_owned(), means, holds: None, why: String::new() },
        });
        return all.collect();
    }
    let asked =
        args.conditions.iter().map(|condition| known(condition, condition.to_string(), means(condition)));
    asked.collect()
}

/// What a host on this machine would say.
fn holds(condition: &Condition, machine: &System) -> Holds {
    let known = match condition {
        Condition::TimeWindow(window) => window.contains(TokioClock::new(Handle::current()).wall()),
        Condition::BackgroundWorkCostNotHigh => machine.work_cost().map(|cost| cost != WorkCost::High),
        other => return machine.holds(other),
    };
    known.map_or(Holds::Unknown, |holds| if holds { Holds::Met } else { Holds::Unmet })
}

/// What the help says of it.
fn means(condition: &Condition) -> &'static str {
    let written = condition.to_string();
    let kind = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    let spelled = SPELLINGS.into_iter().find(|(spelling, _)| kind(spelling) == kind(&written));
    spelled.map_or("", |(_, means)| means)
}

/// What was not found that would know of it.
fn why(condition: &Condition, machine: &System) -> String {
    let sources: &[Source] = match condition {
        Condition::UserPresent
        | Condition::UserNotPresent
        | Condition::SessionConnected
        | Condition::SessionDisconnected => &[Source::Logind],
        Condition::InternetAvailable | Condition::InternetNotAvailable => {
            &[Source::NetworkManager, Source::Rtnetlink]
        }
        Condition::FreeNetworkAvailable => &[Source::NetworkManager],
        Condition::ExternalPower | Condition::BatteryAbove(_) => &[Source::Upower, Source::PowerSupply],
        Condition::EnergySaverOff => &[Source::PowerProfiles, Source::PowerProfilesHadess],
        Condition::LoadBelow(_) | Condition::BackgroundWorkCostNotHigh => &[Source::Pressure],
        Condition::Custom(_) => return "known to a program that embeds a host".to_owned(),
        _ => &[],
    };
    let report = machine.report();
    let absent = sources.iter().filter_map(|source| match report.of(*source) {
        Found::Absent { why } => Some(format!("{source}: {why}")),
        _ => None,
    });
    absent.collect::<Vec<_>>().join("; ")
}
