//! `dormouse quota`.

use anstream::ColorChoice;
use dormouse::{AppId, QuotaDecision};
use dormouse_control::api::{QuotaDecisionView, QuotaRequest, QuotaView};

use super::listing::list;
use crate::cli::{QuotaArgs, QuotaDecideArgs};
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet, millis};

pub(crate) fn quota(args: &QuotaArgs, color: ColorChoice) -> Result<Exit> {
    if let (Some(app), Some(decision)) = (&args.app, decision(&args.decide)) {
        return decide(args, app, decision, color);
    }
    let fetch = async |host: &control::Connection| {
        Ok(match &args.app {
            Some(app) => vec![host.quota(app).await?],
            None => host.quotas().await?.items,
        })
    };
    list(&args.host, args.list, color, fetch, draw)
}

/// What is to be decided, if anything is: nothing more, where what was decided is taken back.
fn decision(args: &QuotaDecideArgs) -> Option<Option<QuotaDecision>> {
    match (args.set, args.off, args.unset) {
        (Some(quota), ..) => Some(Some(QuotaDecision::Limited(quota))),
        (None, true, _) => Some(Some(QuotaDecision::Off)),
        (None, false, true) => Some(None),
        (None, false, false) => None,
    }
}

fn decide(
    args: &QuotaArgs,
    app: &AppId,
    decision: Option<QuotaDecision>,
    color: ColorChoice,
) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        let decided = host.set_quota(app, decision.map(QuotaRequest::from)).await?;
        let mut page = Page::new();
        page.answer(args.list.json, &decided, || vec![told(&decided)])?;
        page.print(color, Exit::Success)
    })
}

fn told(decided: &QuotaDecisionView) -> String {
    let QuotaDecisionView { app, decided, quota } = decided;
    match (quota, decided) {
        (Some(quota), _) => format!(
            "{app}: {} in {}, {} left, set by the {}",
            millis(quota.cpu_ms),
            millis(quota.window_ms),
            millis(quota.left_ms),
            quota.set_by
        ),
        (None, Some(QuotaRequest::Limited { cpu_ms, window_ms })) => {
            format!("{app}: {} in {}, once it is installed", millis(*cpu_ms), millis(*window_ms))
        }
        (None, _) => format!("{app}: no quota"),
    }
}

fn draw(quotas: &[QuotaView]) -> String {
    let mut sheet =
        Sheet::new(["APP", "CPU", "WINDOW", "SET BY", "LEFT", "REFILLED AT", "PAUSED RUNS", "SINCE"]);
    for quota in quotas {
        sheet.row([
            quota.app.to_string(),
            millis(quota.cpu_ms),
            millis(quota.window_ms),
            quota.set_by.to_string(),
            millis(quota.left_ms),
            quota.refills_at.map(|at| at.to_string()).unwrap_or_default(),
            quota.paused_runs.to_string(),
            quota.paused_since.map(|since| since.to_string()).unwrap_or_default(),
        ]);
    }
    sheet.text_or("no app has a quota")
}

/// What is left of an app's CPU time.
pub(super) fn left(quota: &QuotaView) -> String {
    let refill = quota.refills_at.map(|at| format!(", refilled at {at}")).unwrap_or_default();
    let since = |since| format!(", {} runs paused since {since}", quota.paused_runs);
    let paused = quota.paused_since.map(since).unwrap_or_default();
    format!(
        "{} of {} each {} left{paused}{refill}",
        millis(quota.left_ms),
        millis(quota.cpu_ms),
        millis(quota.window_ms)
    )
}
