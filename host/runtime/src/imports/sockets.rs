//! What of `wasi:sockets`, 0.2 and 0.3, is judged before WASI sees it: look-ups of names, and the making of
//! sockets. Where a socket may go is judged by the run's check of addresses, which WASI asks itself.

use std::net::IpAddr;

use p2::ip_name_lookup::ResolveAddressStream;
use p2::network::{ErrorCode, IpAddress, IpAddressFamily, Network};
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::p2::bindings::sockets as p2;
use wasmtime_wasi::p2::{DynPollable, SocketError, SocketResult};
use wasmtime_wasi::p3::bindings::sockets as p3;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

use super::told_apart;
use crate::sandbox::{Host, RunState};

struct Judged;

struct View<'a>(&'a mut RunState);

impl HasData for Judged {
    type Data<'a> = View<'a>;
}

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    p2::ip_name_lookup::add_to_linker::<_, Judged>(linker, |state| View(state))?;
    p2::tcp_create_socket::add_to_linker::<_, Judged>(linker, |state| View(state))?;
    p2::udp_create_socket::add_to_linker::<_, Judged>(linker, |state| View(state))?;
    p3::ip_name_lookup::add_to_linker::<_, Judged>(linker, |state| View(state))?;
    judge_creation(linker)
}

impl View<'_> {
    /// Looks `name` up as WASI does, if it was granted.
    fn judged(&self, name: &str) -> Option<Host> {
        self.0.network().may_look_up(name)
    }
}

impl p2::network::Host for View<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> Result<Option<ErrorCode>> {
        self.0.sockets().network_error_code(error)
    }
}

impl p2::network::HostNetwork for View<'_> {
    fn drop(&mut self, network: Resource<Network>) -> Result<()> {
        p2::network::HostNetwork::drop(&mut self.0.sockets(), network)
    }
}

impl p2::ip_name_lookup::Host for View<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        let Some(host) = self.judged(&name) else { return Err(ErrorCode::AccessDenied.into()) };
        let stream = self.0.sockets().resolve_addresses(network, name)?;
        self.0.lookups().insert(stream.rep(), host);
        Ok(stream)
    }
}

impl p2::ip_name_lookup::HostResolveAddressStream for View<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        let rep = stream.rep();
        let next = self.0.sockets().resolve_next_address(stream)?;
        if let (Some(address), Some(host)) = (&next, self.0.lookups().get(&rep).cloned()) {
            self.0.network().found(&host, [ip_of(address)]);
        }
        Ok(next)
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> Result<Resource<DynPollable>> {
        self.0.sockets().subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> Result<()> {
        self.0.lookups().remove(&stream.rep());
        self.0.sockets().drop(stream)
    }
}

impl p2::tcp_create_socket::Host for View<'_> {
    fn create_tcp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> SocketResult<Resource<wasmtime_wasi::p2::TcpSocket>> {
        if !self.0.network().may_have_socket() {
            return Err(ErrorCode::AccessDenied.into());
        }
        self.0.sockets().create_tcp_socket(family)
    }
}

impl p2::udp_create_socket::Host for View<'_> {
    async fn create_udp_socket(
        &mut self,
        family: IpAddressFamily,
    ) -> SocketResult<Resource<wasmtime_wasi::p2::UdpSocket>> {
        if !self.0.network().may_have_socket() {
            return Err(ErrorCode::AccessDenied.into());
        }
        self.0.sockets().create_udp_socket(family).await
    }
}

impl p3::ip_name_lookup::Host for View<'_> {}

impl p3::ip_name_lookup::HostWithStore<RunState> for Judged {
    async fn resolve_addresses(
        accessor: &Accessor<RunState, Self>,
        name: String,
    ) -> Result<std::result::Result<Vec<p3::types::IpAddress>, p3::ip_name_lookup::ErrorCode>> {
        let Some(host) = accessor.with(|mut access| access.get().judged(&name)) else {
            return Ok(Err(p3::ip_name_lookup::ErrorCode::AccessDenied));
        };
        let wasi = accessor.with_getter::<WasiSockets>(RunState::sockets);
        let found =
            <WasiSockets as p3::ip_name_lookup::HostWithStore<RunState>>::resolve_addresses(&wasi, name)
                .await?;
        if let Ok(addresses) = &found {
            accessor.with(|mut access| {
                access.get().0.network().found(&host, addresses.iter().map(|address| IpAddr::from(*address)));
            });
        }
        Ok(found)
    }
}

/// WASI 0.3 makes sockets in the interface of everything else about them, so that only these two functions of it
/// are replaced.
fn judge_creation(linker: &mut Linker<RunState>) -> Result<()> {
    let mut types = linker.instance("wasi:sockets/types@0.3.0")?;
    types.func_wrap(
        "[static]tcp-socket.create",
        |mut store: StoreContextMut<'_, RunState>, (family,): (p3::types::IpAddressFamily,)| {
            if !store.data().network().may_have_socket() {
                return Ok((Err(p3::types::ErrorCode::AccessDenied),));
            }
            let created = p3::types::HostTcpSocket::create(&mut store.data_mut().sockets(), family);
            Ok((told_apart(created)?,))
        },
    )?;
    types.func_wrap_async(
        "[static]udp-socket.create",
        |mut store: StoreContextMut<'_, RunState>, (family,): (p3::types::IpAddressFamily,)| {
            Box::new(async move {
                if !store.data().network().may_have_socket() {
                    return Ok((Err(p3::types::ErrorCode::AccessDenied),));
                }
                let mut sockets = store.data_mut().sockets();
                let created = p3::types::HostUdpSocket::create(&mut sockets, family).await;
                Ok((told_apart(created)?,))
            })
        },
    )
}

fn ip_of(address: &IpAddress) -> IpAddr {
    match *address {
        IpAddress::Ipv4((a, b, c, d)) => IpAddr::from([a, b, c, d]),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => IpAddr::from([a, b, c, d, e, f, g, h]),
    }
}
