//! Apps on a rig.

use dormouse_core::app::event::{AppEvent, AppEventKind};
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::{AppId, Stream};

use super::{Rig, compiled};
use crate::app::{App, AppComponent};
use crate::component::Expected;
use crate::lifecycle::{AppHandle, Launch, VisibilityLease};

impl Rig {
    /// Compiles the component of an app on the rig's engine.
    ///
    /// # Panics
    ///
    /// If it is no app.
    #[must_use]
    pub fn app_component(&self, component: &[u8]) -> AppComponent {
        let component = compiled::once(self.host.engine(), component, Expected::App).expect("an app");
        AppComponent::new(component)
    }

    /// Installs `component` as the life of app [`APP`](super::APP), without grants, and answers its handle.
    ///
    /// # Panics
    ///
    /// If it is no app.
    pub fn install_app(&self, component: &[u8]) -> AppHandle {
        self.install_app_as(Self::app(), self.app_component(component))
    }

    /// As [`Rig::install_app`], under another name.
    ///
    /// # Panics
    ///
    /// If it does not install.
    pub fn install_app_as(&self, id: AppId, component: AppComponent) -> AppHandle {
        self.host.install(App::new(id.clone()).app(component)).expect("the app installs");
        self.host.app(&id).expect("it has a life of its own")
    }

    /// Launches an app, and waits until it is in the foreground.
    ///
    /// # Panics
    ///
    /// If it does not get there.
    pub async fn launch(&self, app: &AppHandle, arguments: &str) -> VisibilityLease {
        let launch = Launch { arguments: arguments.to_owned() };
        self.waited("the app to be launched", app.launch(launch)).await.expect("the app is launched")
    }

    /// Waits for `future`, letting time pass.
    ///
    /// # Panics
    ///
    /// If it is not ready within more than a year of simulated time.
    pub async fn waited<R>(&self, what: &str, future: impl Future<Output = R>) -> R {
        self.patiently(what, future).await
    }

    /// Waits for an event of an app that `is` it, from now on or before, letting time pass. Answers it.
    ///
    /// # Panics
    ///
    /// As [`Rig::until`].
    pub async fn until_app(&self, what: &str, is: impl Fn(&AppEvent) -> bool) -> AppEvent {
        self.patiently(what, async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if let Some(event) = self.events.app_events().into_iter().find(|event| is(event)) {
                    return event;
                }
                news.await;
            }
        })
        .await
    }

    /// Waits until an app is in `state`, letting time pass.
    ///
    /// # Panics
    ///
    /// As [`Rig::until`].
    pub async fn until_state(&self, app: &AppHandle, state: AppState) {
        let mut seen = app.watch();
        let reached = self.patiently("a state", seen.wait_for(|view| view.state == state)).await;
        drop(reached.expect("the host is there"));
    }

    /// Ends of instances of apps so far, in order.
    #[must_use]
    pub fn app_ends(&self) -> Vec<End> {
        let ended = |event: AppEvent| match event.kind {
            AppEventKind::Ended { end, .. } => Some(end),
            _ => None,
        };
        self.events.app_events().into_iter().filter_map(ended).collect()
    }

    /// What apps wrote to standard output, all instances one after the other.
    #[must_use]
    pub fn app_stdout(&self) -> String {
        let written = |event: AppEvent| match event.kind {
            AppEventKind::Output { stream: Stream::Stdout, text } => Some(text),
            _ => None,
        };
        self.events.app_events().into_iter().filter_map(written).collect()
    }
}
