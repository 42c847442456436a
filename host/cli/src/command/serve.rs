//! `dormouse serve`: the host as a daemon, which others ask and a service manager watches.
//!
//! ```text
//! start   state, lock -> ports -> host: reaped, loaded -> webhooks -> control API -> ready
//! stop    host: told, grace, force -> webhooks -> control API -> telemetry -> store, lock
//! ```

mod beat;
mod daemon;
mod figures;
mod logs;
mod mode;
mod notify;
mod open;
mod stop;
mod telemetry;
mod token;

use std::time::Duration;

use anstream::ColorChoice;

use self::daemon::Daemon;
use self::logs::Logs;
use self::mode::Mode;
use self::notify::Notify;
use crate::cli::ServeArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{self, Foreground};
use crate::host;
use crate::state::{self, State};

/// How long what was begun on the threads of the host may take to end after all has stopped.
const LAST_WAIT: Duration = Duration::from_secs(5);

pub(crate) fn serve(args: &ServeArgs, color: ColorChoice) -> Result<Exit> {
    let mode = Mode::of(args);
    let logs = Logs::start(args, mode, color);
    let home = state::home(&args.home)?;
    let home = std::path::absolute(&home).unwrap_or(home);
    open::check(args, &home)?;
    let notify = Notify::from_env();
    notify.loading("opening the state directory");
    let state = State::own(&home, args.keep.synchronous.into())?;
    host::use_tls();
    let runtime = host::runtime()?;
    let (printer, thread, control) = foreground::printer(&args.output, color)?;
    let (ended, left_at_once) = runtime.block_on(async {
        let foreground = Foreground::new(printer, control)?;
        let mut daemon = Daemon::new(args, mode, &home, &state, &logs, notify, foreground)?;
        let ended = Box::pin(daemon.run()).await;
        let left_at_once = daemon.left_at_once;
        Ok::<_, Failure>((daemon.foreground.close(thread, ended).await, left_at_once))
    })?;
    if left_at_once {
        // Neither what runs nor a store that hangs is waited for: to the next host it is as if this one fell.
        runtime.shutdown_background();
        std::mem::forget(state);
    } else {
        // Nobody uses the store any more when its last handle goes, with which its log is put into the database.
        runtime.shutdown_timeout(LAST_WAIT);
        drop(state);
    }
    ended
}
