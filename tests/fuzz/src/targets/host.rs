//! What several targets need: folders, and a host with a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use cap_std::fs::Dir;
use dormouse::{
    App, AppId, Compiler, Component, Engine, EngineConfig, Host, IfExists, PackageConfig, Pooling,
    TaskBuilder, TokioClock, Trigger,
};
use dormouse_control::server::{EventFeed, Server, ServerConfig, ServerLimits};
use dormouse_control::webhook::{Deliverer, WebhookConfig};
use dormouse_core::{Clock, RetryPolicy};
use http::Request;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use super::within;
use crate::answer::Wrong;

/// The app of a host here.
pub(super) const APP: &str = "app";

/// A folder, by path and by handle.
pub(super) fn scratch() -> (TempDir, Dir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = opened(folder.path());
    (folder, dir)
}

pub(super) fn opened(path: &Path) -> Dir {
    Dir::from_std_file(std::fs::File::open(path).expect("a folder that was just made"))
}

/// A runtime of one thread: what panics in a task of it is a panic on this one.
pub(super) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(super) fn engine() -> Engine {
    let config = EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() };
    Engine::new(&config).expect("an engine")
}

/// The simplest task.
pub(super) fn task() -> Vec<u8> {
    wat::parse_str(include_str!("task.wat")).expect("a component")
}

/// A host that starts nothing, and its server.
pub(super) struct Served {
    pub(super) server: Server,
    /// The task that there is.
    pub(super) registration: String,
    _home: TempDir,
}

impl Served {
    pub(super) async fn start() -> Self {
        // Nobody waits for long.
        let mut limits = ServerLimits::DEFAULT;
        limits.wait = Duration::from_millis(20);
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = |name: &str| {
            let path = home.path().join(name);
            std::fs::create_dir(&path).expect("a folder in an empty one");
            opened(&path)
        };
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new(tokio::runtime::Handle::current()));
        let events = EventFeed::new(limits.stream_events);
        let host = Host::builder()
            .idle()
            .engine(engine())
            .observer(Arc::new(events.clone()))
            .app_folders(folder("apps"))
            .packages(PackageConfig {
                directory: folder("packages"),
                compiler: Compiler::in_process(),
                cache: None,
            })
            .start()
            .await
            .expect("a host");
        let component = Component::compile(host.engine(), &task()).expect("a task");
        let app = AppId::new(APP).expect("a name");
        host.install(App::new(app.clone()).entry_point("main", component)).expect("an app");
        let task = TaskBuilder::new("task").entry_point("main").trigger(Trigger::Application);
        let registered = host.register(&app, task, IfExists::default()).await.expect("a registration");
        // Nothing is sent anywhere but when it is asked for, and the targets do not.
        let config = WebhookConfig { follow: false, retry: RetryPolicy::none(), ..WebhookConfig::default() };
        let webhooks = Deliverer::start(host.clone(), clock.clone(), config).await.expect("webhooks");
        let mut config = ServerConfig::new(host, clock, events);
        config.webhooks = Some(Arc::new(webhooks));
        config.limits = limits;
        Self { server: Server::new(config), registration: registered.id.to_string(), _home: home }
    }

    /// Asks, without a connection; answers the head and, unless it is a stream, the whole body.
    pub(super) async fn ask(&self, request: Request<Body>) -> Result<(Parts, Vec<u8>), Wrong> {
        let answered = within("an answer", self.server.router().oneshot(request)).await?;
        let (parts, body) = match answered {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        if parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
            return Ok((parts, Vec::new()));
        }
        let body = within("a body", to_bytes(body, usize::MAX)).await?;
        Ok((parts, body.map_err(|error| Wrong(error.to_string()))?.to_vec()))
    }

    /// Asks for JSON, with JSON if there is any.
    pub(super) async fn json(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Vec<u8>, Wrong> {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).map_err(|error| Wrong(error.to_string()))?;
        self.ask(request).await.map(|(_, body)| body)
    }
}
