//! The system bus: connected to, followed, and connected to again.

use std::time::Duration;

use zbus::connection::Builder;
use zbus::{Address, Connection};

use super::Follower;
use super::backoff::Backoff;
use super::logind::Logind;
use super::network_manager::NetworkManager;
use super::power_profiles::{Hadess, PowerProfiles};
use super::service::{self, Heard, Service};
use super::timedated::Timedated;
use super::upower::Upower;
use crate::error::SystemError;
use crate::report::{Found, Source};

/// How long a service may take to answer. All of them answer from memory.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Where the bus is: as `configured`, else where the environment says, else where it always is.
///
/// # Errors
///
/// That is no address.
pub(crate) fn address(configured: Option<&str>) -> Result<Address, SystemError> {
    let error = |address: &str, why: &zbus::Error| SystemError::BusAddress {
        address: address.chars().take(256).collect(),
        why: why.to_string(),
    };
    match configured {
        Some(address) => Address::try_from(address).map_err(|why| error(address, &why)),
        None => Address::system()
            .map_err(|why| error(&std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_default(), &why)),
    }
}

/// The loop.
pub(crate) async fn run(follower: Follower, address: Address) {
    let mut backoff = Backoff::new();
    loop {
        let why = match connect(&follower, &address).await {
            Ok(bus) => {
                follower.board.found(Source::Bus, Found::present(address.to_string()));
                backoff = Backoff::new();
                let why = serve(&follower, &bus).await;
                format!("the connection to {address} was lost: {why}")
            }
            Err(why) => format!("no connection to {address}: {why}"),
        };
        follower.board.found(Source::Bus, Found::absent(why));
        gone::<NetworkManager>(&follower);
        gone::<Logind>(&follower);
        gone::<Upower>(&follower);
        gone::<PowerProfiles>(&follower);
        gone::<Hadess>(&follower);
        gone::<Timedated>(&follower);
        follower.sleep(backoff.next()).await;
    }
}

async fn connect(follower: &Follower, address: &Address) -> Result<Connection, String> {
    let connecting = Builder::address(address.clone()).method_timeout(ANSWER_MAX).build();
    tokio::select! {
        connected = connecting => connected.map_err(|error| error.to_string()),
        () = follower.sleep(ANSWER_MAX) => Err(format!("no answer within {ANSWER_MAX:?}")),
    }
}

/// Follows all services until the connection is lost; says why it was.
async fn serve(follower: &Follower, bus: &Connection) -> String {
    tokio::select! {
        why = service::follow::<NetworkManager>(follower, bus) => why,
        why = service::follow::<Logind>(follower, bus) => why,
        why = service::follow::<Upower>(follower, bus) => why,
        why = service::follow::<PowerProfiles>(follower, bus) => why,
        why = service::follow::<Hadess>(follower, bus) => why,
        why = service::follow::<Timedated>(follower, bus) => why,
    }
}

fn gone<S: Service>(follower: &Follower) {
    follower.board.update(|facts| S::put(facts, Heard::Nobody));
    follower.board.found(S::SOURCE, Found::absent("there is no system bus"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused_with_its_text() {
        let error = address(Some("the bus stop")).unwrap_err();
        assert!(error.to_string().contains("`the bus stop` is no address of a D-Bus"), "{error}");
        assert!(address(Some("unix:path=/nowhere/bus")).is_ok());
    }
}
