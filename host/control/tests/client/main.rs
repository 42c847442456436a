//! The client against the server, over every transport alike, and against what is no server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asking;
#[path = "../webhook/eventually.rs"]
mod eventually;
mod lifecycle;
mod strange;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{RegistrationId, TaskBuilder, Trigger};
use dormouse_control::client::{Client, Endpoint};
use dormouse_control::server::{EventFeed, Listener, Server, ServerConfig, TcpSocket, Token, UnixSocket};
use dormouse_control::webhook::{Deliverer, WebhookConfig};
use dormouse_core::Secret;
use tokio::runtime::Handle;

const SECOND: Duration = Duration::from_secs(1);

/// A host that is asked.
struct Asked<'a> {
    rig: &'a Rig,
    server: Server,
    client: Client,
    /// The task of the app.
    id: RegistrationId,
}

/// Runs `test` with a client of each kind, each with a host of its own.
fn each(test: impl AsyncFn(Asked<'_>)) {
    for kind in ["unix", "tcp", "in process"] {
        let feed = EventFeed::default();
        let observer = Arc::new(feed.clone());
        Rig::run_with(
            |builder| builder.observer(observer),
            async |rig| {
                let clock = Arc::new(rig.clock.clone());
                let deliverer =
                    Deliverer::start(rig.host.clone(), clock.clone(), WebhookConfig::default()).await;
                let mut config = ServerConfig::new(rig.host.clone(), clock, feed.clone());
                config.webhooks = Some(Arc::new(deliverer.unwrap()));
                let server = Server::new(config);
                let folder = tempfile::tempdir().unwrap();
                let (client, listener) = match kind {
                    "unix" => {
                        let path = folder.path().join("dormouse.sock");
                        let socket = UnixSocket::bind(&path).await.unwrap();
                        (Client::connect(Endpoint::Unix(path)), Some(Listener::Unix(socket)))
                    }
                    "tcp" => {
                        let text = Token::make().unwrap();
                        let any = "127.0.0.1:0".parse().unwrap();
                        let socket = TcpSocket::bind(any, Token::new(&text).unwrap()).await.unwrap();
                        let endpoint = Endpoint::Tcp(socket.address().unwrap().to_string());
                        let client = Client::connect(endpoint).with_token(&Secret::new(text)).unwrap();
                        (client, Some(Listener::Tcp(socket)))
                    }
                    _ => (Client::in_process(server.router()), None),
                };
                let serving = listener.map(|listener| {
                    let server = server.clone();
                    Handle::current().spawn(async move { server.serve(vec![listener]).await })
                });
                let component = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();
                let entry_point = rig.install(&component);
                let task = TaskBuilder::new("task").entry_point(entry_point).trigger(Trigger::Application);
                let id = rig.register(task).await;
                test(Asked { rig, server, client, id }).await;
                if let Some(serving) = serving {
                    serving.abort();
                }
            },
        );
    }
}
