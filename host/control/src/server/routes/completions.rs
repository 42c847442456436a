//! Completions, in order and at least once.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use axum::response::sse::Event;
use dormouse::{Notice, Subscription};
use dormouse_core::{AppId, Cursor, RegistrationId};
use futures::stream;
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::subscribers;
use crate::api::{Code, CompletionView, MissedView, Problem, ProgressView};
use crate::server::shared::Shared;
use crate::server::stream as sse;

/// What the last event is called that a client has seen, when it connects again.
const LAST_EVENT_ID: &str = "last-event-id";

/// And in problems.
const LAST_EVENT_ID_SHOWN: &str = "Last-Event-ID";

/// Which completions to be told, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// As this subscriber: begins where its cursor is, and a new one now. Without, nothing is kept of what was read.
    subscriber: Option<String>,
    /// Begin behind this cursor; `Last-Event-ID` says more.
    after: Option<u64>,
    /// Of this app only.
    #[param(value_type = Option<String>)]
    app: Option<AppId>,
    /// Of this registration only.
    #[param(value_type = Option<uuid::Uuid>)]
    registration: Option<RegistrationId>,
    /// Moves the subscriber's cursor behind each completion when a later one has been written. Else only an
    /// acknowledgement moves it.
    #[serde(default)]
    auto_ack: bool,
}

/// Completions as `completion`, each with its cursor as id; `progress` of what runs; `missed` for completions that were
/// let go of before they could be told. When the host stops, the last event is `end`.
#[utoipa::path(
    get,
    path = "/v1/completions",
    tag = "streams",
    params(Which, ("Last-Event-ID" = Option<u64>, Header, description = "Begin behind this cursor")),
    responses(
        (status = 200, body = CompletionView, content_type = "text/event-stream"),
        (status = 409, description = "There are as many subscribers as may be, or this host only answers questions")
    )
)]
pub(super) async fn completions(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let host = &shared.host;
    let after = begin(&which, &headers)?;
    if let Some(after) = after {
        // Kept for a subscriber, it would never hear of anything before that many more came.
        let head = host.store().head().await?;
        if after > head {
            let detail = format!("cursor {} is beyond the journal's end, {}", after.0, head.0);
            let field = if headers.contains_key(LAST_EVENT_ID) { LAST_EVENT_ID_SHOWN } else { "after" };
            return Err(Problem::new(Code::InvalidRequest, detail)
                .field(field)
                .help("is it of another host, or of one before a backup? Leave it out to begin anew"));
        }
    }
    // Before anything is kept for who is then turned away.
    let place = shared.stream()?;
    let subscription = match which.subscriber {
        Some(name) => {
            let _room = subscribers::room(&shared, &name).await?;
            host.subscribe_from(name, after).await?
        }
        None if which.auto_ack => {
            let detail = "`auto_ack` moves the cursor of a subscriber, and none is named";
            return Err(Problem::new(Code::InvalidRequest, detail)
                .field("auto_ack")
                .help("name a `subscriber`"));
        }
        None => host.follow(after).await?,
    };
    let reading = Reading {
        subscription,
        app: which.app,
        registration: which.registration,
        auto_ack: which.auto_ack,
        before: None,
        told: None,
        failed: false,
    };
    let events = stream::unfold(reading, async |mut reading| {
        let event = reading.next().await?;
        Some((event, reading))
    });
    Ok(sse::answer(&shared, place, Box::pin(events)))
}

fn begin(which: &Which, headers: &HeaderMap) -> Result<Option<Cursor>, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID) else { return Ok(which.after.map(Cursor)) };
    let last = last.to_str().ok().and_then(|last| last.parse().ok());
    last.map(|last| Some(Cursor(last))).ok_or_else(|| {
        Problem::new(Code::InvalidRequest, "`Last-Event-ID` is no cursor")
            .field(LAST_EVENT_ID_SHOWN)
            .help("send the id of a `completion`, or leave it out")
    })
}

struct Reading {
    subscription: Subscription,
    app: Option<AppId>,
    registration: Option<RegistrationId>,
    auto_ack: bool,
    /// The completion before the one that was told last: by now that has been written, and this one with it.
    before: Option<Cursor>,
    told: Option<Cursor>,
    failed: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Event> {
        if self.failed {
            return None;
        }
        match self.read().await {
            Ok(event) => Some(event),
            // The client connects again, and goes on where it was.
            Err(problem) => {
                self.failed = true;
                Some(sse::event(Some(sse::END), &problem))
            }
        }
    }

    async fn read(&mut self) -> Result<Event, Problem> {
        if let Some(before) = self.before.take().filter(|_| self.auto_ack) {
            self.subscription.ack(before).await?;
        }
        loop {
            match self.subscription.next().await? {
                Notice::Completed(completion) => {
                    let run = &completion.run;
                    let wanted = self.app.as_ref().is_none_or(|app| *app == run.app)
                        && self.registration.is_none_or(|registration| registration == run.registration);
                    if wanted {
                        self.before = self.told.replace(completion.cursor);
                        let event = sse::event(Some("completion"), &CompletionView::from(&*completion));
                        return Ok(event.id(completion.cursor.0.to_string()));
                    }
                }
                Notice::Progress(progress) => {
                    // Whose it is is not told with it: of one app's completions alone progress is not told.
                    let wanted = self.app.is_none()
                        && self.registration.is_none_or(|registration| registration == progress.registration);
                    if wanted {
                        return Ok(sse::event(Some("progress"), &ProgressView::from(&progress)));
                    }
                }
                Notice::Missed { from, to } => {
                    return Ok(sse::event(Some("missed"), &MissedView { from, to }));
                }
            }
        }
    }
}
