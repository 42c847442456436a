//! Where messages may go: judged by the address, as a name can be made to resolve to anything.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// An address that is not sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Never.
    #[error("nothing is sent to {0}: it is link-local, a cloud's own service, or no address of one machine")]
    Never(IpAddr),
    /// By configuration.
    #[error(
        "nothing is sent to {0}: it is on this machine or in a private network, and this host forbids those"
    )]
    Private(IpAddr),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    Public,
    Private,
    Never,
}

/// Outside of the ranges, and as dangerous: what clouds tell their machines, secrets among it.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether messages may be sent to `address`.
pub(super) fn check(address: IpAddr, private_addresses: bool) -> Result<(), Forbidden> {
    match reach(address) {
        Reach::Public => Ok(()),
        Reach::Private if private_addresses => Ok(()),
        Reach::Private => Err(Forbidden::Private(address)),
        Reach::Never => Err(Forbidden::Never(address)),
    }
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => reach_v4(v4),
            None => reach_v6(v6),
        },
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&address) => Reach::Never,
        // This network, IETF's own, multicast and above.
        (0 | 224.., ..) | (169, 254, _) | (192, 0, 0) => Reach::Never,
        (10 | 127, ..) | (100, 64..128, _) | (172, 16..32, _) | (192, 168, _) | (198, 18..20, _) => {
            Reach::Private
        }
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    match address.segments().first().copied().unwrap_or_default() {
        _ if address == METADATA_V6 || address.is_unspecified() => Reach::Never,
        _ if address.is_loopback() => Reach::Private,
        // Link-local, multicast.
        0xfe80..0xfec0 | 0xff00.. => Reach::Never,
        // Site-local, unique local.
        0xfec0..0xff00 | 0xfc00..0xfe00 => Reach::Private,
        _ => Reach::Public,
    }
}

/// The IPv4 address that this one leads to: mapped, compatible, NAT64 and 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let halves = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(halves(high, low))
        }
        [0x2002, high, low, ..] => Some(halves(high, low)),
        _ => None,
    }
}

/// The machine's own resolver; what may not be sent to is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guarded {
    pub(super) private_addresses: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { private_addresses } = *self;
        Box::pin(async move {
            let mut forbidden = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for found in tokio::net::lookup_host((name.as_str(), 0)).await? {
                match check(found.ip(), private_addresses) {
                    Ok(()) => allowed.push(found),
                    Err(why) => forbidden = Some(why),
                }
            }
            match forbidden {
                Some(why) if allowed.is_empty() => Err(io::Error::other(why).into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Reach {
        reach(address.parse().unwrap())
    }

    #[test]
    fn what_clouds_tell_their_machines_is_never_reached_however_it_is_written() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
        ] {
            assert_eq!(of(address), Reach::Never, "{address}");
        }
    }

    #[test]
    fn what_is_no_address_of_one_machine_is_never_sent_to() {
        for address in ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1"] {
            assert_eq!(of(address), Reach::Never, "{address}");
        }
    }

    #[test]
    fn this_machine_and_private_networks_are_told_from_the_internet() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "198.18.0.1",
            "::1",
            "fc00::1",
            "fdff::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
        ] {
            assert_eq!(of(address), Reach::Private, "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(of(address), Reach::Public, "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_the_address_that_it_resolves_to() {
        let resolve = async |private_addresses| {
            let resolving = Guarded { private_addresses }.resolve("localhost".parse().unwrap());
            resolving.await.map(|addresses| addresses.count())
        };
        assert!(resolve(true).await.unwrap() > 0);
        let refused = resolve(false).await.unwrap_err().to_string();
        assert!(refused.contains("private network"), "{refused}");
    }
}
