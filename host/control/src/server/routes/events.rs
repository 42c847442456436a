//! Every event, as it happens.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use axum::response::sse::Event;
use dormouse_core::event::{self, EventKind};
use dormouse_core::{AppId, RegistrationId, RunId};
use futures::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::{LaggedView, Problem, ToldObject};
use crate::server::feed::{Listener, Told, What};
use crate::server::limits::REMEMBERED_MAX;
use crate::server::shared::Shared;
use crate::server::stream as sse;

/// Which events to be told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of this app only.
    #[param(value_type = Option<String>)]
    app: Option<AppId>,
    /// Of this registration only.
    #[param(value_type = Option<uuid::Uuid>)]
    registration: Option<RegistrationId>,
    /// Of this run only.
    #[param(value_type = Option<uuid::Uuid>)]
    run: Option<RunId>,
    /// Of these kinds only, with commas between: the words under `event`.
    kind: Option<String>,
}

/// Every event as it happens: live, and not kept. What happens to an app itself, and not to a registration of it, is
/// called `app`. A client that is too slow is told by `lagged` how many it missed; when the host stops, the last event is
/// `end`.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "streams",
    params(Which),
    responses((status = 200, body = ToldObject, content_type = "text/event-stream"))
)]
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let following = Following {
        listener: shared.events.listen(),
        run: which.run.map(|run| format!("\"run\":\"{run}\"")),
        kinds: which.kind.map(|kinds| kinds.split(',').map(str::to_owned).collect()),
        app: which.app,
        registration: which.registration,
        of_app: HashMap::new(),
        shared: shared.clone(),
    };
    let events = stream::unfold(following, async |mut following| {
        let event = following.next().await?;
        Some((event, following))
    });
    Ok(sse::answer(&shared, shared.stream()?, Box::pin(events)))
}

struct Following {
    listener: Listener,
    app: Option<AppId>,
    registration: Option<RegistrationId>,
    /// As it stands in the event. No text from outside can hold it: quotes in there are escaped.
    run: Option<String>,
    kinds: Option<Vec<String>>,
    /// Whether registrations are the app's: those that are gone by now still are.
    of_app: HashMap<RegistrationId, bool>,
    shared: Arc<Shared>,
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            match self.listener.next().await? {
                Err(missed) => return Some(sse::event(Some("lagged"), &LaggedView { missed })),
                Ok(told) if self.wants(&told) => {
                    let event = Event::default().data(told.json());
                    return Some(match told.name() {
                        Some(name) => event.event(name),
                        None => event,
                    });
                }
                Ok(_) => {}
            }
        }
    }

    fn wants(&mut self, told: &Told) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == told.word()))
            && self.run.as_ref().is_none_or(|run| told.json().contains(run))
            && match &told.what {
                What::Task(event) => {
                    self.registration.is_none_or(|wanted| wanted == event.registration)
                        && self.is_of_app(event)
                }
                What::App(event) => {
                    self.registration.is_none() && self.app.as_ref().is_none_or(|wanted| *wanted == event.app)
                }
            }
    }

    fn is_of_app(&mut self, event: &event::Event) -> bool {
        let Some(wanted) = &self.app else { return true };
        if let EventKind::RegistrationFailed { app, .. } = &event.kind {
            return app == wanted;
        }
        let id = event.registration;
        if let Some(known) = self.of_app.get(&id) {
            return *known;
        }
        let Some(record) = self.shared.host.registration(id) else { return false };
        if self.of_app.len() >= REMEMBERED_MAX {
            self.of_app.clear();
        }
        let is = record.registration.app == *wanted;
        self.of_app.insert(id, is);
        is
    }
}
