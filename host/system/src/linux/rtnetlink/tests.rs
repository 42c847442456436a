use std::net::Ipv4Addr;

use rtnetlink::packet_route::address::AddressHeader;
use rtnetlink::packet_route::route::RouteNextHop;

use super::*;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

fn default_route() -> RouteMessage {
    RouteMessageBuilder::<Ipv4Addr>::new().gateway(GATEWAY).output_interface(2).build()
}

fn link(flags: LinkFlags) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = 2;
    link.header.flags = flags;
    link
}

#[test]
fn a_link_counts_when_it_is_up_has_a_carrier_and_leads_out() {
    let up_and_running = LinkFlags::Up | LinkFlags::Running;
    assert_eq!(up(&link(up_and_running)), Some(2));
    assert_eq!(up(&link(LinkFlags::Up)), None);
    assert_eq!(up(&link(LinkFlags::Running)), None);
    assert_eq!(up(&link(up_and_running | LinkFlags::Loopback)), None);
}

#[test]
fn a_default_route_is_one_to_anywhere_in_the_main_table_that_is_no_refusal() {
    let gateway = Some(IpAddr::V4(GATEWAY));
    assert_eq!(ways(&default_route()), Some(vec![Way { link: 2, gateway }]));
    let mut other = default_route();
    other.header.destination_prefix_length = 8;
    assert_eq!(ways(&other), None);
    other = default_route();
    other.header.table = 100;
    assert_eq!(ways(&other), None);
    other = default_route();
    other.header.kind = RouteType::Unreachable;
    assert_eq!(ways(&other), None);
}

#[test]
fn a_route_that_balances_has_all_its_ways() {
    let mut route = default_route();
    route.attributes.clear();
    let mut hop = RouteNextHop::default();
    hop.interface_index = 3;
    hop.attributes.push(RouteAttribute::Gateway(RouteAddress::Inet(GATEWAY)));
    let mut other = RouteNextHop::default();
    other.interface_index = 4;
    route.attributes.push(RouteAttribute::MultiPath(vec![hop, other]));
    let expected = vec![Way { link: 3, gateway: Some(IpAddr::V4(GATEWAY)) }, Way { link: 4, gateway: None }];
    assert_eq!(ways(&route), Some(expected));
}

fn message(scope: AddressScope, attributes: Vec<AddressAttribute>) -> AddressMessage {
    let mut message = AddressMessage::default();
    let six = attributes.iter().any(|one| matches!(one, AddressAttribute::Address(IpAddr::V6(_))));
    let family = if six { AddressFamily::Inet6 } else { AddressFamily::Inet };
    message.header = AddressHeader { family, scope, index: 2, ..AddressHeader::default() };
    message.attributes = attributes;
    message
}

#[test]
fn an_address_counts_when_others_can_use_it_and_it_stays() {
    let six: IpAddr = "2001:db8::1".parse().unwrap();
    let four = IpAddr::V4(GATEWAY);
    let of = |ip, flags| vec![AddressAttribute::Address(ip), AddressAttribute::Flags(flags)];
    let global = |attributes| address(&message(AddressScope::Universe, attributes));
    assert_eq!(global(of(six, AddressFlags::Permanent)), Some((2, six)));
    assert_eq!(global(of(six, AddressFlags::Tentative)), None);
    assert_eq!(global(of(six, AddressFlags::Dadfailed)), None);
    assert_eq!(global(of(six, AddressFlags::Secondary)), None, "temporary");
    assert_eq!(global(of(four, AddressFlags::Secondary)), Some((2, four)), "a second one on the link");
    let far = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let both = vec![AddressAttribute::Address(far), AddressAttribute::Local(four)];
    assert_eq!(global(both), Some((2, four)), "the other is the far end's");
    assert_eq!(address(&message(AddressScope::Link, of(six, AddressFlags::Permanent))), None);
    assert_eq!(address(&message(AddressScope::Host, of(four, AddressFlags::Permanent))), None);
}

#[test]
fn of_routes_only_those_out_make_the_kernels_list_be_read_again() {
    let notice = |message| NetlinkPayload::InnerMessage(message);
    assert!(matters(&notice(RouteNetlinkMessage::NewRoute(default_route()))));
    assert!(matters(&notice(RouteNetlinkMessage::DelRoute(default_route()))));
    let mut within = default_route();
    within.header.destination_prefix_length = 24;
    assert!(!matters(&notice(RouteNetlinkMessage::NewRoute(within))));
    assert!(matters(&notice(RouteNetlinkMessage::NewLink(LinkMessage::default()))));
    assert!(matters(&NetlinkPayload::Overrun(Vec::new())));
}

#[tokio::test]
async fn no_more_is_kept_of_a_machine_than_the_limit() {
    let of = |count: usize| futures::stream::iter((0..count).map(Ok::<usize, rtnetlink::Error>));
    assert_eq!(bounded("links", of(KEPT_MAX)).await.unwrap().len(), KEPT_MAX);
    let error = bounded("links", of(KEPT_MAX + 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "there are more than 4096 links, and no more are read");
}
