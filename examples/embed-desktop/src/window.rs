//! What somebody does in front of the window, and what that is to the app.

use dormouse::core::app::activation::AppActivation;
use dormouse::{AppError, AppHandle, Host, Launch, Message, VisibilityLease};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::screen::Pen;

/// The window of one app.
pub(crate) struct Window {
    host: Host,
    app: AppHandle,
    /// There while somebody looks. If the app has ended since, it is good for nothing.
    lease: Option<VisibilityLease>,
    pen: Pen,
}

impl Window {
    /// Nobody looks yet.
    pub(crate) fn new(host: Host, app: AppHandle, pen: Pen) -> Self {
        Self { host, app, lease: None, pen }
    }

    /// Somebody looks: the app is launched, or brought to the front.
    pub(crate) async fn look(&mut self) {
        let seen = self.app.launch(Launch::default()).await;
        self.see(seen);
    }

    /// Nobody looks any more.
    pub(crate) fn look_away(&mut self) {
        self.lease = None;
    }

    /// A line was typed.
    pub(crate) async fn typed(&mut self, line: &str) {
        let Some(command) = line.strip_prefix('/') else {
            return self.hand_over("line", line).await;
        };
        match command.split_once(' ').unwrap_or((command, "")) {
            ("away", _) => self.look_away(),
            ("back", _) => self.look().await,
            ("reclaim", _) => self.reclaim().await,
            ("send", message) => self.send(message).await,
            (name, text) => self.hand_over(name, text).await,
        }
    }

    /// This process is about to be stopped, and its host with it: nobody could suspend the app later. When the process goes
    /// on, whoever had it do so looks at it.
    pub(crate) async fn stand_still(&mut self) -> std::io::Result<()> {
        self.look_away();
        match self.app.suspend().await {
            Ok(_) | Err(AppError::NotRunning { .. }) => {}
            Err(error) => self.failed(error),
        }
        let mut goes_on = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        self.pen.leave();
        kill_process(getpid(), Signal::STOP)?;
        // A process of many threads does not stop in the middle of this one.
        goes_on.recv().await;
        self.pen.enter();
        self.look().await;
        Ok(())
    }

    /// The user closes it.
    pub(crate) async fn close(self) {
        match self.app.close().await {
            Ok(_) | Err(AppError::NotRunning { .. }) => {}
            Err(error) => self.failed(error),
        }
    }

    /// Who types looks at it: an activation answers with a lease of its own.
    async fn hand_over(&mut self, name: &str, text: &str) {
        let custom = AppActivation::Custom { name: name.to_owned(), body: text.as_bytes().to_vec() };
        let seen = self.app.activate(custom).await;
        self.see(seen);
    }

    fn see(&mut self, seen: Result<VisibilityLease, AppError>) {
        match seen {
            // The one before goes after this one came, so that the app is seen all the time.
            Ok(lease) => self.lease = Some(lease),
            Err(error) => self.failed(error),
        }
    }

    /// What a host does that needs the memory.
    async fn reclaim(&self) {
        if let Err(error) = self.app.terminate().await {
            self.failed(error);
        }
    }

    /// To whoever listens, on this machine: a background task of the app, seen or not.
    async fn send(&self, message: &str) {
        let (topic, text) = message.split_once(' ').unwrap_or((message, ""));
        let message = Message {
            topic: topic.to_owned(),
            content_type: "text/plain".to_owned(),
            body: text.as_bytes().to_vec(),
        };
        match self.host.signal(message).await {
            Ok(fired) if fired.is_empty() => self.pen.lines(&format!("- nobody listens to {topic:?}")),
            Ok(_) => {}
            Err(error) => self.failed(error),
        }
    }

    /// The app does not do it. The window stays: what is typed next may.
    fn failed(&self, error: impl Into<anyhow::Error>) {
        self.pen.lines(&format!("- {:#}", error.into()));
    }
}
