//! Lists: printed once, or again and again.

use std::io::{self, IsTerminal as _, Write as _};
use std::pin::pin;
use std::time::Duration;

use anstream::ColorChoice;
use dormouse::core::{AppEventKind, EventKind};
use dormouse::{Clock as _, TokioClock};
use dormouse_control::api::EventKindView;
use dormouse_control::client::{EventsQuery, HostEvent};
use futures::StreamExt as _;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::cli::{HostArgs, ListArgs};
use crate::control::{self, Connection, Need};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::Page;
use crate::signals::Signals;

/// However much happens, a list is not asked for more often.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Back to the upper left corner, and away with what is there.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";

/// Prints what `fetch` answers: as `draw` draws it, or as JSON; with `--watch`, until somebody interrupts.
pub(super) fn list<T: Serialize>(
    args: &HostArgs,
    list: ListArgs,
    color: ColorChoice,
    fetch: impl AsyncFn(&Connection) -> Result<Vec<T>>,
    draw: impl Fn(&[T]) -> String,
) -> Result<Exit> {
    let Some(every) = list.watch else {
        return control::with(args, Need::Look, async |host| {
            let all = fetch(host).await?;
            let mut page = Page::new();
            if list.json {
                all.iter().try_for_each(|one| page.json(one))?;
            } else {
                page.line(draw(&all));
            }
            page.print(color, Exit::Success)
        });
    };
    control::with(args, Need::Look, async |host| {
        let drawn = async || {
            if host.is_daemon() {
                return Ok(draw(&fetch(host).await?));
            }
            // A host in this process knows what there was when it began.
            let fresh = control::connect(args, Need::Look).await?;
            let all = fetch(&fresh).await;
            fresh.close().await;
            Ok(draw(&all?))
        };
        watch(host, every, color, drawn).await
    })
}

/// Draws again whenever something happened, and at the latest after `every`.
async fn watch(
    host: &Connection,
    every: Duration,
    color: ColorChoice,
    drawn: impl AsyncFn() -> Result<String>,
) -> Result<Exit> {
    let mut signals =
        Signals::listen().map_err(|e| Failure::internal("signals cannot be listened to").because(&e))?;
    let clock = TokioClock::new(Handle::current());
    let events = host.events(&EventsQuery::default()).await?;
    // What does not change a list is left out. When nothing is told any more, there is still the clock.
    let events = events.filter(|told| std::future::ready(matches!(told, Ok(told) if !is_noise(told))));
    let mut events = pin!(events.chain(futures::stream::pending()));
    let in_place = io::stdout().is_terminal();
    loop {
        let mut page = Page::new();
        page.line(drawn().await?);
        if in_place {
            // Not through what takes colours away: this is none. That it fails is seen with what follows.
            let _ = io::stdout().write_all(CLEAR);
        } else {
            page.line("");
        }
        let printed = page.print(color, Exit::Success)?;
        if printed != Exit::Success {
            return Ok(printed);
        }
        let now = clock.now();
        let (soonest, latest) = (now + AT_MOST_EVERY.min(every), now + every);
        tokio::select! {
            () = clock.sleep_until(soonest) => {}
            exit = signals.next() => return Ok(exit),
        }
        tokio::select! {
            () = clock.sleep_until(latest) => {}
            _ = events.next() => {}
            exit = signals.next() => return Ok(exit),
        }
    }
}

/// Whether no list shows it.
fn is_noise(told: &HostEvent) -> bool {
    use EventKind::{DeferralCompleted, DeferralTaken, Output, Progress};
    let event = match told {
        HostEvent::Event(event) => event,
        HostEvent::App(event) => return !matches!(event.kind, AppEventKind::StateChanged { .. }),
        HostEvent::Lagged(_) => return false,
    };
    matches!(
        event.kind,
        EventKindView::Denied { .. }
            | EventKindView::Other(
                Output { .. } | Progress { .. } | DeferralTaken { .. } | DeferralCompleted { .. }
            )
    )
}
