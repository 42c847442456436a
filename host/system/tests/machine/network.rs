//! Links, addresses and routes, in a network namespace that the tests make.

use std::process::Command;

use dormouse_core::{Holds, SystemEvent};

use crate::fixture::{Rig, nowhere};

/// Set in the process that has a network of its own.
const INSIDE: &str = "DORMOUSE_TEST_NETWORK_INSIDE";

/// True in a process with a network of its own. Runs the test `name` in one otherwise, and answers false.
fn inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    assert!(
        rustix::process::geteuid().is_root(),
        "this test makes a network namespace, and must be root for that"
    );
    let output = Command::new("unshare")
        .arg("--net")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("this test needs `unshare`, of the Debian package util-linux");
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{failed}");
    false
}

fn ip(line: &str) {
    let output = Command::new("ip")
        .args(line.split(' '))
        .output()
        .expect("this test needs `ip`, of the Debian package iproute2");
    assert!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_default_route_over_a_link_that_is_up_is_the_internet() {
    if !inside("network::a_default_route_over_a_link_that_is_up_is_the_internet") {
        return;
    }
    const CHANGE: SystemEvent = SystemEvent::NetworkStateChange;
    ip("link set lo up");
    let (_folder, config) = nowhere();
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("internet-available"), Holds::Unmet);
    assert_eq!(rig.holds("internet-not-available"), Holds::Met);
    assert_eq!(rig.holds("free-network-available"), Holds::Unmet);

    ip("link add inner type veth peer name outer");
    ip("link set outer up");
    ip("link set inner up");
    ip("address add 192.0.2.2/24 dev inner");
    ip("route add default via 192.0.2.1 dev inner");
    rig.until("internet-available", Holds::Met).await;
    assert_eq!(rig.holds("free-network-available"), Holds::Met, "a server's network is paid for");
    assert_eq!(rig.take_events(), [], "it is not quiet before time passes");
    rig.until_events(&[CHANGE, SystemEvent::InternetAvailable]).await;

    // The kernel takes the route away with the link, and tells nothing of that.
    ip("link set inner down");
    rig.until("internet-available", Holds::Unmet).await;
    rig.until_events(&[CHANGE]).await;
    ip("link set inner up");
    rig.until_events(&[CHANGE]).await;
    assert_eq!(rig.holds("internet-available"), Holds::Unmet, "the address is back, the route is not");

    ip("route add default via 192.0.2.1 dev inner");
    rig.until_events(&[CHANGE, SystemEvent::InternetAvailable]).await;
    // Another way out, within a breath: the internet was there before and after.
    ip("route replace default via 192.0.2.9 dev inner");
    rig.until_events(&[CHANGE]).await;
    assert_eq!(rig.holds("internet-available"), Holds::Met);
    ip("route delete default");
    rig.until_events(&[CHANGE]).await;
    assert_eq!(rig.holds("internet-available"), Holds::Unmet);
}

#[tokio::test]
async fn a_refusal_or_a_route_of_another_table_is_no_way_out() {
    if !inside("network::a_refusal_or_a_route_of_another_table_is_no_way_out") {
        return;
    }
    ip("link set lo up");
    ip("link add inner type veth peer name outer");
    ip("link set outer up");
    ip("link set inner up");
    ip("address add 192.0.2.2/24 dev inner");
    ip("route add unreachable default");
    ip("route add default via 192.0.2.1 dev inner table 100");
    let (_folder, config) = nowhere();
    let rig = Rig::start(&config).await;
    assert_eq!(rig.holds("internet-available"), Holds::Unmet);
    ip("route delete unreachable default");
    ip("-6 address add 2001:db8::2/64 dev inner nodad");
    ip("-6 route add default via 2001:db8::1 dev inner");
    rig.until("internet-available", Holds::Met).await;
}
