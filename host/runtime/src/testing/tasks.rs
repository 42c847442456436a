//! Tasks on a rig.

use dormouse_core::event::{Event, EventKind};
use dormouse_core::outcome::Outcome;
use dormouse_core::{ActivationId, AppId, Completion, Message, RegistrationId, Stream, TaskBuilder};

use super::names::name_of;
use super::{APP, ENTRY_POINT, Rig, compiled};
use crate::app::App;
use crate::component::{Component, Expected};
use crate::drive::intake::Fired;
use crate::host::IfExists;
use crate::sandbox::grants::Grants;

impl Rig {
    /// Compiles `component` on the rig's engine.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    #[must_use]
    pub fn component(&self, component: &[u8]) -> Component {
        compiled::once(self.host.engine(), component, Expected::Task).expect("a task")
    }

    /// Installs `component` as the entry point [`ENTRY_POINT`] of app [`APP`], without grants. Answers the
    /// entry point's name.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    pub fn install(&self, component: &[u8]) -> &'static str {
        self.install_with(component, Grants::default())
    }

    /// As [`Rig::install`], with grants.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    pub fn install_with(&self, component: &[u8], grants: Grants) -> &'static str {
        let app = App::new(Self::app()).entry_point(ENTRY_POINT, self.component(component)).grants(grants);
        self.host.install(app).expect("the app installs");
        ENTRY_POINT
    }

    /// The id of app [`APP`].
    ///
    /// # Panics
    ///
    /// Never: the name is valid.
    #[must_use]
    pub fn app() -> AppId {
        AppId::new(APP).expect("a valid name")
    }

    /// Registers a task of app [`APP`].
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn register(&self, builder: TaskBuilder) -> RegistrationId {
        let made = self.host.register(&Self::app(), builder, IfExists::AllowDuplicate).await;
        made.expect("the registration is valid").id
    }

    /// Fires an application trigger and waits for its end.
    ///
    /// # Panics
    ///
    /// If the firing is refused.
    pub async fn fire(&self, id: RegistrationId, arguments: impl Into<Vec<u8>>) -> Completion {
        let activation = self.request(id, arguments).await;
        self.completed(activation).await
    }

    /// Fires an application trigger; answers its activation, which may still wait.
    ///
    /// # Panics
    ///
    /// If the firing is refused.
    pub async fn request(&self, id: RegistrationId, arguments: impl Into<Vec<u8>>) -> ActivationId {
        match self.host.request(id, arguments).await {
            Ok(fired) => fired.activation().unwrap_or_else(|| panic!("the firing came to {fired:?}")),
            Err(error) => panic!("the firing was not taken: {error}"),
        }
    }

    /// Raises a signal.
    ///
    /// # Panics
    ///
    /// If it is not taken.
    pub async fn signal(&self, topic: &str, body: impl Into<Vec<u8>>) -> Vec<(RegistrationId, Fired)> {
        let message = Message {
            topic: topic.to_owned(),
            content_type: "application/octet-stream".to_owned(),
            body: body.into(),
        };
        self.host.signal(message).await.expect("the signal is taken")
    }

    /// The outcome of every run that ended, in order.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let ended = |event: Event| match event.kind {
            EventKind::Ended { outcome, .. } => Some(outcome),
            _ => None,
        };
        self.events.events().into_iter().filter_map(ended).collect()
    }

    /// What guests wrote to standard output, all runs one after the other.
    #[must_use]
    pub fn stdout(&self) -> String {
        let written = |event: Event| match event.kind {
            EventKind::Output { stream: Stream::Stdout, text, .. } => Some(text),
            _ => None,
        };
        self.events.events().into_iter().filter_map(written).collect()
    }

    /// The names of the events of one registration, in order: what a test of order compares.
    #[must_use]
    pub fn log(&self, id: RegistrationId) -> Vec<String> {
        let events = self.events.events();
        events.iter().filter(|e| e.registration == id).map(|e| name_of(&e.kind)).collect()
    }
}
