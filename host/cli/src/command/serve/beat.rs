//! What a service manager is told while all goes well, and what it is not told when it does not.

use std::sync::Arc;

use dormouse::{Clock, Host};
use dormouse_control::webhook::Deliverer;

use super::figures::Figures;
use super::logs::Logs;
use super::notify::Notify;

/// Looks at the host again and again, for as long as it is polled. A watchdog hears that it is well only if it is: a
/// loop that hangs, or a store that does not answer, has the service manager start another.
pub(super) async fn beat(
    notify: &Notify,
    logs: &Logs,
    clock: &Arc<dyn Clock>,
    host: &Host,
    figures: &Figures,
    webhooks: &Deliverer,
) {
    let every = notify.every();
    let (mut well, mut left_out) = (true, 0);
    loop {
        clock.sleep_until(clock.now() + every).await;
        match host.healthy(every).await {
            Ok(()) => {
                if !well {
                    tracing::info!("the host is well again");
                }
                well = true;
                figures.refresh(host, webhooks).await;
                notify.well(&format!("{}; {}", serving(host), figures.told()));
            }
            Err(why) => {
                well = false;
                tracing::error!(%why, "a watchdog is not told that all is well");
                notify.status(&why.to_string());
            }
        }
        let now = logs.left_out();
        if now > left_out {
            tracing::warn!(lines = now - left_out, "lines of the log were left out: nobody read fast enough");
            left_out = now;
        }
    }
}

/// What it does, in a few words.
pub(super) fn serving(host: &Host) -> String {
    let stats = host.stats();
    format!("serving {} of {}", counted(stats.registrations, "registration"), counted(stats.apps, "app"))
}

/// `3 runs`.
pub(super) fn counted(n: impl TryInto<u64>, what: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
