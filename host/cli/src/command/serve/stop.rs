//! The end, in an order in which nothing is lost: each part is stopped when nobody needs it any more.

use std::time::Duration;

use dormouse::Host;

use super::daemon::Daemon;
use super::open::Opened;
use crate::foreground::Stop;
use crate::output::SIGPIPE;

/// How long a stop by force may take: only the last writes are left to do.
const FORCE_MAX: Duration = Duration::from_secs(10);

/// Stops the host and then all around it.
pub(super) async fn stop(daemon: &mut Daemon<'_>, why: &Stop, host: Host, opened: Option<Opened>) {
    match why {
        Stop::Asked(exit) if *exit != SIGPIPE => {
            let (running, grace) = (host.running().len(), daemon.args.running.grace_stop);
            let plural = if running == 1 { "" } else { "s" };
            let text = format!(
                "stopping: what runs is told and has its grace, {running} run{plural} for {grace:?} at most; a second \
                 signal kills it"
            );
            daemon.notify.stopping(&text);
            daemon.say(&text);
        }
        _ => daemon.notify.stopping("stopping"),
    }
    if !daemon.given_up {
        stop_host(daemon, &host).await;
    }
    drop(host);
    if let Some(opened) = opened
        && !daemon.left_at_once
    {
        daemon.notify.status("stopping: closing the control API");
        // Somebody who is in the middle of asking is waited for, which may take a while.
        tokio::select! {
            () = opened.close() => {}
            _ = daemon.foreground.signals.next() => leave(daemon),
        }
    }
    daemon.notify.status("stopping: closing the state directory");
}

/// Politely, by force at the second signal or when the time is over, and at the third or when that takes too long not at
/// all.
async fn stop_host(daemon: &mut Daemon<'_>, host: &Host) {
    let over = daemon.after(daemon.args.running.grace_stop);
    tokio::select! {
        () = host.shutdown(false) => return,
        _ = daemon.foreground.signals.next() => daemon.say("killing what runs; a third signal leaves at once"),
        () = over => daemon.say("the time for stopping is over: killing what runs"),
    }
    daemon.notify.status("stopping: killing what runs");
    let over = daemon.after(FORCE_MAX);
    tokio::select! {
        () = host.shutdown(true) => return,
        _ = daemon.foreground.signals.next() => {}
        () = over => tracing::error!("what runs did not end by force either, or the store does not answer"),
    }
    leave(daemon);
}

/// Nothing more is waited for.
fn leave(daemon: &mut Daemon<'_>) {
    daemon.say("leaving at once");
    daemon.left_at_once = true;
}
