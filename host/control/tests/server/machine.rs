//! A host with a server, and somebody who asks it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use dormouse::{
    App, AppId, Compiler, Component, Engine, EngineConfig, Grants, Host, HostBuilder, PackageConfig,
    QuotaPolicy, TokioClock,
};
use dormouse_control::server::{EventFeed, Listener, Server, ServerConfig, ServerLimits, UnixSocket};
use dormouse_control::webhook::{Deliverer, WebhookConfig};
use dormouse_core::{Clock, RetryPolicy};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// What waits for something real fails after this: before what libraries do by themselves if they are not told a limit.
pub(crate) const DEADLINE: Duration = Duration::from_secs(25);

/// The app that the embedding program brings along.
pub(crate) const EMBEDDED: &str = "embedded";

/// The app of [`package`].
pub(crate) const PACKAGED: &str = "org.example.packaged";

pub(crate) struct Machine {
    pub(crate) host: Host,
    pub(crate) server: Server,
    pub(crate) events: EventFeed,
    pub(crate) home: TempDir,
}

impl Machine {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other limits than usual.
    pub(crate) async fn with(change: impl FnOnce(&mut ServerLimits)) -> Self {
        Self::built(|builder| builder, change).await
    }

    pub(crate) async fn built(
        build: impl FnOnce(HostBuilder) -> HostBuilder,
        change: impl FnOnce(&mut ServerLimits),
    ) -> Self {
        let mut limits = ServerLimits::DEFAULT;
        change(&mut limits);
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new(Handle::current()));
        let events = EventFeed::new(limits.stream_events);
        // Eight for runs, and the rest for apps.
        let config = EngineConfig { slots: 10, ..EngineConfig::default() };
        let builder = Host::builder()
            .engine(Engine::new(&config).unwrap())
            .slots(8)
            .observer(Arc::new(events.clone()))
            .app_folders(folder(home.path(), "apps"))
            .packages(PackageConfig {
                directory: folder(home.path(), "packages"),
                compiler: Compiler::InProcess { len_max: 64 << 20 },
                cache: None,
            });
        let host = build(builder).start().await.unwrap();
        let config = WebhookConfig { retry: RetryPolicy::none(), ..WebhookConfig::default() };
        let webhooks = Deliverer::start(host.clone(), clock.clone(), config).await.unwrap();
        let mut config = ServerConfig::new(host.clone(), clock, events.clone());
        config.webhooks = Some(Arc::new(webhooks));
        config.state_directory = Some(home.path().to_owned());
        config.limits = limits;
        Self { host, server: Server::new(config), events, home }
    }

    /// Installs the program as app [`EMBEDDED`].
    pub(crate) fn install(&self, programs: &[(&str, &str)]) {
        let quota = QuotaPolicy::new(Duration::from_secs(60), Duration::from_secs(60)).unwrap();
        let mut app = App::new(embedded()).quota(quota).grants(Grants::none());
        for (entry_point, program) in programs {
            let component = Component::compile(self.host.engine(), &std::fs::read(program).unwrap()).unwrap();
            app = app.entry_point(*entry_point, component);
        }
        self.host.install(app).unwrap();
    }

    pub(crate) fn router(&self) -> Router {
        self.server.router()
    }

    /// Asks, without a connection.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Response<Body> {
        self.router().oneshot(request(method, path, body)).await.unwrap()
    }

    /// Serves on a Unix socket; answers its path, and what ends when the server does.
    pub(crate) async fn serve(&self) -> (std::path::PathBuf, JoinHandle<()>) {
        let path = self.home.path().join("dormouse.sock");
        let socket = UnixSocket::bind(&path).await.unwrap();
        (path, self.serve_on(vec![Listener::Unix(socket)]))
    }

    pub(crate) fn serve_on(&self, listeners: Vec<Listener>) -> JoinHandle<()> {
        let server = self.server.clone();
        Handle::current().spawn(async move { server.serve(listeners).await })
    }
}

pub(crate) fn embedded() -> AppId {
    AppId::new(EMBEDDED).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "temporary folders are made where the machine keeps them")]
fn folder(home: &Path, name: &str) -> Dir {
    let path = home.join(name);
    std::fs::create_dir(&path).unwrap();
    Dir::open_ambient_dir(path, ambient_authority()).unwrap()
}

pub(crate) fn request(method: &str, path: &str, body: Option<&Value>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    match body {
        Some(body) => {
            request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
        }
        None => request.body(Body::empty()).unwrap(),
    }
}

/// The whole body, as JSON; null if it is empty.
pub(crate) async fn json(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
}

/// A package of one entry point that runs `program`, and asks for a variable if it is to.
#[expect(clippy::disallowed_methods, reason = "temporary folders are made where the machine keeps them")]
pub(crate) fn package(version: &str, program: &str, asks: bool) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let capabilities = if asks { "[capabilities]\nenv = [\"TOKEN\"]\n" } else { "" };
    let manifest = format!(
        "[package]\nname = \"{PACKAGED}\"\nversion = \"{version}\"\n\
         [entry-points.main]\ncomponent = \"main.wasm\"\ntriggers = [\"application\"]\n{capabilities}"
    );
    std::fs::write(dir.path().join("dormouse.toml"), manifest).unwrap();
    std::fs::copy(program, dir.path().join("main.wasm")).unwrap();
    let mut archive = Vec::new();
    let opened = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
    dormouse::package::pack(&opened, &mut archive).unwrap();
    archive
}

/// Waits until something real is so.
#[expect(clippy::disallowed_methods, reason = "what happens outside takes real time")]
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for a future that a fault would leave waiting for ever.
#[expect(clippy::disallowed_methods, reason = "what happens outside takes real time")]
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let in_time = tokio::time::timeout(DEADLINE, future).await;
    in_time.unwrap_or_else(|_| panic!("waited {DEADLINE:?} for {what}"))
}
