//! What there is to wait for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use dormouse_core::Condition;
use dormouse_core::condition::{CONDITIONS_MAX, Holds, SPELLINGS};
use dormouse_core::trigger::catalog::CATALOG;

use super::Answer;
use crate::api::words::ConditionWord;
use crate::api::{Code, ConditionView, Page, Problem, TriggerCatalogView};
use crate::server::shared::Shared;

/// UWP's triggers, all of them, and what each is here.
#[utoipa::path(
    get,
    path = "/v1/triggers",
    tag = "machine",
    responses((status = 200, body = Page<TriggerCatalogView>))
)]
pub(super) async fn triggers() -> Answer<Page<TriggerCatalogView>> {
    Ok(Json(Page::whole(CATALOG.iter().map(TriggerCatalogView::from).collect())))
}

/// The conditions that there are, or those that are asked for, and whether they hold now.
#[utoipa::path(
    get,
    path = "/v1/conditions",
    tag = "machine",
    params(("condition" = inline(Vec<ConditionWord>), Query, description = "Which, several times if need be; by default all")),
    responses((status = 200, body = Page<ConditionView>))
)]
pub(super) async fn conditions(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Answer<Page<ConditionView>> {
    let wrong = |detail: String| Problem::new(Code::InvalidRequest, detail).field("condition");
    if let Some((name, _)) = asked.iter().find(|(name, _)| name != "condition") {
        return Err(wrong(format!("there is no parameter {name:?}; there is `condition`")));
    }
    if asked.len() > CONDITIONS_MAX {
        return Err(wrong(format!("{} conditions are more than {CONDITIONS_MAX}", asked.len())));
    }
    if asked.is_empty() {
        let all = SPELLINGS.into_iter().map(|(written, means)| match written.parse::<Condition>() {
            Ok(condition) => view(&shared, &condition, means),
            // It is written with something of one's own.
            Err(_) => ConditionView {
                condition: written.to_owned(),
                holds: None,
                means: means.to_owned(),
                why: None,
            },
        });
        return Ok(Json(Page::whole(all.collect())));
    }
    let parsed =
        asked.iter().map(|(_, text)| text.parse::<Condition>().map_err(|error| wrong(error.to_string())));
    let views =
        parsed.map(|condition| condition.map(|condition| view(&shared, &condition, means(&condition))));
    Ok(Json(Page::whole(views.collect::<Result<_, Problem>>()?)))
}

fn view(shared: &Shared, condition: &Condition, means: &str) -> ConditionView {
    let holds = shared.host.holds(condition);
    let why = shared.why_unknown.as_ref().filter(|_| holds == Holds::Unknown);
    ConditionView {
        condition: condition.to_string(),
        holds: Some(holds),
        means: means.to_owned(),
        why: why.and_then(|why| why(condition)).filter(|why| !why.is_empty()),
    }
}

/// What the help says of it.
fn means(condition: &Condition) -> &'static str {
    let written = condition.to_string();
    let kind = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    let spelled = SPELLINGS.into_iter().find(|(spelling, _)| kind(spelling) == kind(&written));
    spelled.map_or("", |(_, means)| means)
}
