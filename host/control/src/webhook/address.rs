//! Where messages may go: judged by the address, as a name can be made to resolve to anything.

use std::io;
use std::net::{IpAddr, SocketAddr};

use dormouse_core::reach::Reach;
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

/// Whether messages may be sent to `address`.
pub(super) fn check(address: IpAddr, private_addresses: bool) -> Result<(), Forbidden> {
    match Reach::of(address) {
        Reach::Public => Ok(()),
        Reach::Private | Reach::Loopback if private_addresses => Ok(()),
        Reach::Private | Reach::Loopback => Err(Forbidden::Private(address)),
        Reach::Never => Err(Forbidden::Never(address)),
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

    #[test]
    fn what_is_forbidden_depends_on_where_it_leads() {
        for (address, public_only, private_too) in [
            ("1.1.1.1", true, true),
            ("10.1.2.3", false, true),
            ("127.0.0.1", false, true),
            ("::1", false, true),
            ("169.254.169.254", false, false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(check(address, false).is_ok(), public_only, "{address}");
            assert_eq!(check(address, true).is_ok(), private_too, "{address}");
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
