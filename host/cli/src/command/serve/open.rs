//! What is around the host: webhooks, telemetry, the control API. Opened in this order; telemetry is closed last, so that
//! it tells of the ends of the others.

use std::path::Path;
use std::sync::Arc;

use dormouse::Host;
use dormouse_control::server::{
    EventFeed, ListenError, Listener, Server, ServerConfig, TcpSocket, UnixSocket,
};
use dormouse_control::webhook::{Deliverer, WebhookConfig, WebhookError};
use dormouse_observe::{Prepared, Telemetry};
use tokio::task::JoinSet;

use super::daemon::Daemon;
use super::figures::Figures;
use super::{telemetry, token};
use crate::cli::ServeArgs;
use crate::control::why_unknown;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host::store_failed;
use crate::state::SOCKET;

/// The longest path that the socket may have, in bytes: 107 are what the system takes, and it is made under another name,
/// which has `.new` behind it.
const SOCKET_LEN_MAX: usize = 107 - ".new".len();

/// All that is open around a host.
pub(super) struct Opened {
    pub(super) figures: Arc<Figures>,
    pub(super) webhooks: Arc<Deliverer>,
    /// What answers the control API.
    pub(super) serving: JoinSet<()>,
    server: Server,
    telemetry: Telemetry,
}

impl Opened {
    /// Ends deliveries, streams and connections, and exports what is left to be.
    pub(super) async fn close(mut self) {
        self.webhooks.stop().await;
        self.server.stop();
        while self.serving.join_next().await.is_some() {}
        if let Err(error) = self.telemetry.shutdown().await {
            tracing::warn!(%error, "some telemetry is lost");
        }
    }
}

/// Refuses what can be seen to be wrong before anything is opened.
pub(super) fn check(args: &ServeArgs, home: &Path) -> Result<()> {
    for (flag, address) in [("--listen", args.listen.listen), ("--metrics", args.telemetry.metrics)] {
        if let Some(address) = address
            && !address.ip().is_loopback()
            && !args.listen.listen_anywhere
        {
            return Err(Failure::new(
                Exit::Usage,
                format!("{flag} {address} can be reached by other machines"),
            )
            .help("listen at 127.0.0.1 behind a proxy that has TLS, or mean it with --listen-anywhere"));
        }
    }
    let socket = home.join(SOCKET);
    let len = socket.as_os_str().len();
    if len > SOCKET_LEN_MAX {
        let text =
            format!("`{}` is too long for a socket: {len} of {SOCKET_LEN_MAX} bytes", socket.display());
        return Err(
            Failure::new(Exit::State, text).help("give --state a shorter path, or a link to the directory")
        );
    }
    Ok(())
}

/// Binds the TCP port of the control API, if there is to be one.
pub(super) async fn bind(args: &ServeArgs, home: &Path) -> Result<Option<TcpSocket>> {
    let Some(address) = args.listen.listen else { return Ok(None) };
    let token = token::token(args.listen.token_file.as_deref(), home)?;
    let bound = TcpSocket::bind(address, token).await;
    bound.map(Some).map_err(|error| {
        Failure::from_error(Exit::Usage, &error)
            .help("stop what listens there, or give --listen another address")
    })
}

/// Opens everything for a host that has loaded.
pub(super) async fn open(
    daemon: &Daemon<'_>,
    host: &Host,
    events: EventFeed,
    telemetry: Prepared,
    tcp: Option<TcpSocket>,
) -> Result<Opened> {
    // Not earlier: who asks a host that loads would wait, and could as well be told that none answers yet.
    let socket = UnixSocket::bind(&daemon.home.join(SOCKET)).await.map_err(|error| socket_failed(&error))?;
    let figures = Arc::new(Figures::default());
    let webhooks = Deliverer::start(host.clone(), daemon.clock.clone(), WebhookConfig::default());
    let webhooks = Arc::new(webhooks.await.map_err(|error| webhooks_failed(&error))?);
    figures.refresh(host, &webhooks).await;

    let mut config = ServerConfig::new(host.clone(), daemon.clock.clone(), events.clone());
    config.webhooks = Some(webhooks.clone());
    config.state_directory = Some(daemon.home.to_owned());
    config.why_unknown = Some(why_unknown(daemon.machine.clone()));
    let server = Server::new(config);
    let telemetry = telemetry::start(telemetry, host, &figures, daemon.store(), &events, &server)?;
    if let Some(address) = telemetry.scraped_at() {
        daemon.say(&format!("metrics at http://{address}/metrics"));
    }
    if let Some(address) = tcp.as_ref().and_then(TcpSocket::address) {
        daemon.say(&format!("control API at http://{address}/"));
    }
    let listeners = [Listener::Unix(socket)].into_iter().chain(tcp.map(Listener::Tcp)).collect();
    let mut serving = JoinSet::new();
    let answering = server.clone();
    serving.spawn(async move { answering.serve(listeners).await });
    Ok(Opened { figures, webhooks, serving, server, telemetry })
}

fn socket_failed(error: &ListenError) -> Failure {
    Failure::from_error(Exit::State, error)
        .help("make room for the socket in the state directory, or give another --state")
}

fn webhooks_failed(error: &WebhookError) -> Failure {
    match error {
        WebhookError::Store(error) => store_failed(error),
        _ => Failure::from_error(Exit::Internal, error),
    }
}
