//! Activations that nobody got to succeed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use dormouse_core::activation::{Activation, ActivationState};
use dormouse_core::store::{DeadLetterFilter, Redriven};
use dormouse_core::{ActivationId, AppId, Refusal, RegistrationId, Timestamp};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use crate::api::{Code, DeadLetterView, Page, Problem, RedrivenView};
use crate::server::failure::no;
use crate::server::page::{limit, page, place, placed};
use crate::server::shared::Shared;

/// Which dead letters to list.
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
    /// At most so many: 1 to 1000, by default 100.
    limit: Option<usize>,
    /// Those that follow: what `next` said.
    before: Option<String>,
}

/// Activations whose last run failed and that nobody dealt with, the one that ended last first.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    tag = "dead letters",
    params(Which),
    responses((status = 200, body = Page<DeadLetterView>))
)]
pub(super) async fn dead_letters(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
) -> Answer<Page<DeadLetterView>> {
    let limit = limit(which.limit)?;
    let before = placed(which.before.as_ref())?;
    let filter = DeadLetterFilter { registration: which.registration, app: which.app, before };
    let found = shared.host.store().dead_letters(filter, limit).await?;
    let view = |dead: &Activation| {
        let name = shared.host.registration(dead.registration).map(|record| record.registration.name);
        DeadLetterView::new(name, dead)
    };
    Ok(Json(page(&found, limit, view, |last| place(ended_at(last), last.id))))
}

const fn ended_at(dead: &Activation) -> Timestamp {
    match dead.state {
        ActivationState::Ended { at, .. } => at,
        // A dead letter has ended.
        _ => dead.fired_at,
    }
}

/// Has a dead letter run again: as another activation, which carries what it carried.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/{activation}/redrive",
    tag = "dead letters",
    params(("activation" = uuid::Uuid, Path, description = "The dead letter")),
    responses(
        (status = 202, body = RedrivenView),
        (status = 404, description = "It is no dead letter, or its registration is gone"),
        (status = 409, description = "As much waits for its registration as may")
    )
)]
pub(super) async fn redrive(
    State(shared): State<Arc<Shared>>,
    Path(dead): Path<ActivationId>,
) -> Result<(StatusCode, Json<RedrivenView>), Problem> {
    match shared.host.redrive(dead).await? {
        Redriven::Activation(fresh) => {
            Ok((StatusCode::ACCEPTED, Json(RedrivenView { dead, activation: fresh.id })))
        }
        Redriven::NotDead => Err(none(dead)),
        Redriven::NotRegistered => {
            let gone =
                Problem::new(Code::NotFound, format!("the registration of dead letter {dead} is gone"));
            Err(gone.help("nothing can run it any more: register its task again, and fire that"))
        }
        Redriven::Full => Err(Refusal::QueueFull.into()),
    }
}

fn none(dead: ActivationId) -> Problem {
    no("dead letter", dead).help("`dormouse dead` lists them")
}

/// Takes a dead letter from the list: nobody wants it any more.
#[utoipa::path(
    delete,
    path = "/v1/dead-letters/{activation}",
    tag = "dead letters",
    params(("activation" = uuid::Uuid, Path, description = "The dead letter")),
    responses(
        (status = 204, description = "It is not listed any more"),
        (status = 404, description = "It is no dead letter"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn discard(
    State(shared): State<Arc<Shared>>,
    Path(dead): Path<ActivationId>,
) -> Result<StatusCode, Problem> {
    match shared.host.discard(dead).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none(dead)),
    }
}
