//! Events of apps as JSON.

use dormouse_core::{AppEvent, AppEventKind, AppId};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Moment;
use super::event::described;

/// Something happened to an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEventView {
    /// When.
    pub time: Moment,
    /// To which.
    pub app: AppId,
    /// To which instance of it, counted since the host began; 0 before the first.
    pub session: u64,
    /// What.
    #[serde(flatten)]
    pub kind: AppEventKind,
}

impl From<&AppEvent> for AppEventView {
    fn from(event: &AppEvent) -> Self {
        Self {
            time: event.at.into(),
            app: event.app.clone(),
            session: event.session,
            kind: event.kind.clone(),
        }
    }
}

impl PartialSchema for AppEventView {
    fn schema() -> RefOr<Schema> {
        described("Something happened to an app", [("app", String::schema()), ("session", u64::schema())])
    }
}

impl ToSchema for AppEventView {}

#[cfg(test)]
mod tests {
    use dormouse_core::Timestamp;
    use dormouse_core::app::lifecycle::{AppState, End, HandlerName};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_of_an_app_is_one_flat_object_and_read_back() {
        let app = AppId::new("org.example.notes").unwrap();
        let written = |kind: AppEventKind| {
            let event = AppEvent { at: Timestamp::EPOCH, app: app.clone(), session: 2, kind };
            let view = AppEventView::from(&event);
            let json = serde_json::to_value(&view).unwrap();
            assert_eq!(serde_json::from_value::<AppEventView>(json.clone()).unwrap(), view);
            json
        };
        let changed = AppEventKind::StateChanged { from: AppState::Background, to: AppState::Suspending };
        assert_eq!(
            written(changed),
            json!({ "time": "1970-01-01T00:00:00Z", "app": "org.example.notes", "session": 2,
                "event": "state-changed", "from": "background", "to": "suspending" })
        );
        let hung = End::Hung { handler: HandlerName::Launched };
        let ended = written(AppEventKind::Ended { end: hung, message: "m".to_owned() });
        assert_eq!((&ended["end"], &ended["handler"]), (&json!("hung"), &json!("launched")));
    }
}
