//! The kernel's links, addresses and routes.
//!
//! Its notices are hints, and all is read again after each: of routes that go with an address or a link the kernel
//! tells nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures::{Stream, StreamExt, TryStreamExt};
use rtnetlink::packet_core::NetlinkPayload;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage, AddressScope};
use rtnetlink::packet_route::link::{LinkFlags, LinkMessage};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteType};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};
use rtnetlink::{Handle, MulticastGroup, RouteMessageBuilder};

use super::Follower;
use super::backoff::Backoff;
use crate::network::{Routes, Way};
use crate::report::{Found, Source};

const GROUPS: [MulticastGroup; 5] = [
    MulticastGroup::Link,
    MulticastGroup::Ipv4Ifaddr,
    MulticastGroup::Ipv6Ifaddr,
    MulticastGroup::Ipv4Route,
    MulticastGroup::Ipv6Route,
];

/// How many links, addresses or default routes are kept of a machine. One with more is a router, and whoever runs
/// that knows whether it has an internet.
const KEPT_MAX: usize = 4096;

/// Why the network is not known.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Socket(#[from] std::io::Error),
    #[error(transparent)]
    Netlink(#[from] rtnetlink::Error),
    #[error("there are more than {KEPT_MAX} {what}, and no more are read")]
    TooMany { what: &'static str },
    #[error("the kernel's socket was closed")]
    Closed,
}

/// The loop.
pub(crate) async fn run(follower: Follower) {
    let mut backoff = Backoff::new();
    loop {
        let Err(error) = follow(&follower, &mut backoff).await;
        follower.board.update(|facts| facts.network.routes = None);
        follower.board.found(Source::Rtnetlink, Found::absent(error));
        follower.sleep(backoff.next()).await;
    }
}

async fn follow(follower: &Follower, backoff: &mut Backoff) -> Result<std::convert::Infallible, Unreadable> {
    let (connection, handle, mut notices) = rtnetlink::new_multicast_connection(&GROUPS)?;
    let reading = async {
        loop {
            let routes = read(&handle).await?;
            follower.board.update(|facts| facts.network.routes = Some(routes));
            follower.board.found(Source::Rtnetlink, Found::present("links, addresses and routes"));
            *backoff = Backoff::new();
            loop {
                let (notice, _) = notices.next().await.ok_or(Unreadable::Closed)?;
                if matters(&notice.payload) {
                    break;
                }
            }
            // One reading answers all that have come by now.
            while notices.try_recv().is_ok() {}
        }
    };
    // The connection moves what is asked and answered, so the two go on together.
    tokio::select! {
        () = connection => Err(Unreadable::Closed),
        failed = reading => failed,
    }
}

/// Routes come and go by the thousand on some machines; only those out matter.
fn matters(notice: &NetlinkPayload<RouteNetlinkMessage>) -> bool {
    match notice {
        NetlinkPayload::InnerMessage(
            RouteNetlinkMessage::NewRoute(route) | RouteNetlinkMessage::DelRoute(route),
        ) => is_default(route),
        // Links, addresses, and that some notices were lost.
        _ => true,
    }
}

async fn read(handle: &Handle) -> Result<Routes, Unreadable> {
    let links = handle.link().get().execute().try_filter_map(async |link| Ok(up(&link)));
    let links: BTreeSet<u32> = bounded("links", links).await?.into_iter().collect();
    let addresses = handle.address().get().execute().try_filter_map(async |message| Ok(address(&message)));
    let addresses = bounded("addresses", addresses).await?;
    let mut found = Vec::new();
    for all in [
        RouteMessageBuilder::<std::net::Ipv4Addr>::new().build(),
        RouteMessageBuilder::<std::net::Ipv6Addr>::new().build(),
    ] {
        let routes = handle.route().get(all).execute().try_filter_map(async |route| Ok(ways(&route)));
        found.extend(bounded("default routes", routes).await?.into_iter().flatten());
    }
    Ok(Routes::over(&links, found, addresses))
}

async fn bounded<T>(
    what: &'static str,
    found: impl Stream<Item = Result<T, rtnetlink::Error>>,
) -> Result<Vec<T>, Unreadable> {
    let found: Vec<T> = found.take(KEPT_MAX + 1).try_collect().await?;
    if found.len() > KEPT_MAX { Err(Unreadable::TooMany { what }) } else { Ok(found) }
}

/// The index of a link that leads out of the machine and can carry something.
fn up(link: &LinkMessage) -> Option<u32> {
    let flags = link.header.flags;
    let up = flags.contains(LinkFlags::Up | LinkFlags::Running) && !flags.contains(LinkFlags::Loopback);
    up.then_some(link.header.index)
}

/// An address that others reach this machine at, with its link. Temporary ones come and go without any change.
fn address(message: &AddressMessage) -> Option<(u32, IpAddr)> {
    if !matches!(message.header.scope, AddressScope::Universe | AddressScope::Site) {
        return None;
    }
    let flags = message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Flags(flags) => Some(*flags),
        _ => None,
    });
    let mut fleeting = AddressFlags::Tentative | AddressFlags::Dadfailed;
    // Of an IPv6 address, what is called secondary means temporary.
    fleeting.set(AddressFlags::Secondary, message.header.family == AddressFamily::Inet6);
    if flags.is_some_and(|flags| flags.intersects(fleeting)) {
        return None;
    }
    let address = |local: bool| {
        message.attributes.iter().find_map(move |attribute| match attribute {
            AddressAttribute::Local(address) if local => Some(*address),
            AddressAttribute::Address(address) if !local => Some(*address),
            _ => None,
        })
    };
    // Where both are told, the other one is that of the far end.
    let address = address(true).or_else(|| address(false))?;
    Some((message.header.index, address))
}

/// True of what everything without a better route takes, in the table that ordinary programs use.
fn is_default(route: &RouteMessage) -> bool {
    route.header.destination_prefix_length == 0
        && route.header.table == RouteHeader::RT_TABLE_MAIN
        && route.header.kind == RouteType::Unicast
}

/// The ways out that a default route names: several if it balances.
fn ways(route: &RouteMessage) -> Option<Vec<Way>> {
    is_default(route).then(|| {
        let mut ways: Vec<Way> = Vec::new();
        let link = route.attributes.iter().find_map(|attribute| match attribute {
            RouteAttribute::Oif(link) => Some(*link),
            _ => None,
        });
        ways.extend(link.map(|link| Way { link, gateway: gateway(&route.attributes) }));
        for attribute in &route.attributes {
            if let RouteAttribute::MultiPath(hops) = attribute {
                ways.extend(
                    hops.iter()
                        .map(|hop| Way { link: hop.interface_index, gateway: gateway(&hop.attributes) }),
                );
            }
        }
        ways
    })
}

fn gateway(attributes: &[RouteAttribute]) -> Option<IpAddr> {
    attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(address)) => Some(IpAddr::V4(*address)),
        RouteAttribute::Gateway(RouteAddress::Inet6(address)) => Some(IpAddr::V6(*address)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
