//! `dormouse quota`.

use anstream::ColorChoice;
use dormouse_control::api::QuotaView;

use super::listing::list;
use crate::cli::QuotaArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Sheet, millis};

pub(crate) fn quota(args: &QuotaArgs, color: ColorChoice) -> Result<Exit> {
    let fetch = async |host: &crate::control::Connection| {
        Ok(match &args.app {
            Some(app) => vec![host.quota(app).await?],
            None => host.quotas().await?.items,
        })
    };
    list(&args.host, args.list, color, fetch, draw)
}

fn draw(quotas: &[QuotaView]) -> String {
    let mut sheet = Sheet::new(["APP", "CPU", "WINDOW", "LEFT", "REFILLED AT", "PAUSED RUNS"]);
    for quota in quotas {
        sheet.row([
            quota.app.to_string(),
            millis(quota.cpu_ms),
            millis(quota.window_ms),
            millis(quota.left_ms),
            quota.refills_at.map(|at| at.to_string()).unwrap_or_default(),
            quota.paused_runs.to_string(),
        ]);
    }
    sheet.text_or("no app has a quota")
}
