//! `dormouse watch`.

use std::future::pending;

use anstream::ColorChoice;
use dormouse_control::client::EventsQuery;

use super::follow::{Followed, follow};
use super::which;
use crate::cli::WatchArgs;
use crate::control::{self, Connection, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::foreground::{self, Foreground};

pub(crate) fn watch(args: &WatchArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let query = query(host, args).await?;
        let events = host.events(&query).await?;
        let (printer, thread, control) = foreground::printer(&args.output, color)?;
        let mut foreground = Foreground::new(printer, control)?;
        foreground.printer.note("watching; press Ctrl-C to end");
        let ended = follow(&mut foreground, events, |_| true, pending()).await;
        let ended = ended.map(|ended| match ended {
            Followed::Stopped(exit) => exit,
            Followed::Done(()) => Exit::Success,
        });
        foreground.close(thread, ended).await
    })
}

async fn query(host: &Connection, args: &WatchArgs) -> Result<EventsQuery> {
    let registration = match &args.which {
        Some(which) => Some(which::registration(host, which, args.of.app.as_ref()).await?.id),
        None => None,
    };
    Ok(EventsQuery { app: args.of.app.clone(), registration, ..EventsQuery::default() })
}
