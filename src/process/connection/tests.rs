use super::*;

fn connection(host: &str, source: (&str, &str), destination: (&str, &str), initiated: Option<bool>) -> Connection {
    let end = |(ip, domain): (&str, &str)| ConnectionEnd {
        ip: (!ip.is_empty()).then(|| ip.to_owned()),
        port: None,
        domain: (!domain.is_empty()).then(|| domain.to_owned()),
    };
    Connection { host: host.to_owned(), source: end(source), destination: end(destination), initiated }
}

fn peer(host: &str, source: (&str, &str), destination: (&str, &str), initiated: Option<bool>) -> Peer {
    connection(host, source, destination, initiated).peer(&HostAddresses::default())
}

const SOURCE: Peer = Peer::Remote(EndName::Source);
const DESTINATION: Peer = Peer::Remote(EndName::Destination);

#[test]
fn the_end_with_the_name_of_the_computer_is_its_own() {
    let (own, other) = (("10.0.0.1", "ws01"), ("10.0.0.2", ""));
    for host in ["WS01", "ws01.corp.local", "Ws01.CORP.local."] {
        for initiated in [Some(true), Some(false), None] {
            assert_eq!(peer(host, own, other, initiated), DESTINATION, "{host}");
            assert_eq!(peer(host, other, own, initiated), SOURCE, "{host}");
        }
    }
}

#[test]
fn a_name_in_the_domain_of_the_computer_is_more_like_it_than_one_elsewhere() {
    let (own, other) = (("10.0.0.1", "dc1.corp.local"), ("10.0.0.2", "dc1.branch.local"));
    assert_eq!(peer("DC1.corp.local", own, other, Some(false)), DESTINATION);
    assert_eq!(peer("DC1.corp.local", other, own, Some(false)), SOURCE);
}

#[test]
fn a_name_that_was_cut_to_fifteen_characters_is_known_again() {
    let own = ("10.0.0.1", "WORKSTATION-WIT");
    assert_eq!(peer("workstation-with-long-name.corp", ("10.0.0.2", ""), own, Some(false)), SOURCE);
    let clone = ("10.0.0.2", "MSEDGEWIN10CLON");
    assert_eq!(peer("MSEDGEWIN10", clone, ("10.0.0.1", "MSEDGEWIN10"), Some(false)), SOURCE);
}

#[test]
fn a_laptop_in_the_domain_of_a_router_is_known_by_its_first_label() {
    assert_eq!(peer("lap.corp.com", ("10.0.0.9", "x"), ("10.0.0.1", "LAP.home"), Some(false)), SOURCE);
}

#[test]
fn what_this_host_opened_begins_at_it() {
    assert_eq!(peer("ws01", ("10.0.0.1", ""), ("10.0.0.2", ""), Some(true)), DESTINATION);
}

#[test]
fn addresses_of_loopback_and_equal_ones_lead_to_the_host_itself() {
    for (source, destination) in [("127.0.0.1", "127.0.0.1"), ("::1", "0:0:0:0:0:0:0:1"), ("10.0.0.1", "10.0.0.1")] {
        assert_eq!(peer("ws01", (source, ""), (destination, ""), Some(false)), Peer::Itself);
    }
    assert_eq!(peer("ws01", ("10.0.0.1", "WS01"), ("10.1.0.1", "ws01.corp"), Some(true)), Peer::Itself);
}

#[test]
fn addresses_that_the_host_showed_elsewhere_tell_where_names_do_not() {
    let mut known = HostAddresses::default();
    known.learn(&connection("WS01", ("10.0.0.1", ""), ("10.0.0.2", ""), Some(true)));
    for (source, destination, expected) in [("10.0.0.2", "10.0.0.1", SOURCE), ("10.0.0.1", "10.0.0.2", DESTINATION)] {
        let accepted = connection("ws01", (source, ""), (destination, ""), Some(false));
        assert_eq!(accepted.peer(&known), expected);
    }
    let elsewhere = connection("ws02", ("10.0.0.1", ""), ("10.0.0.2", ""), Some(false));
    assert_eq!(elsewhere.peer(&known), Peer::AsRecorded(EndName::Source), "they are another host's");
}

#[test]
fn where_nothing_tells_the_ends_apart_it_is_said() {
    assert_eq!(peer("ws01", ("10.0.0.1", ""), ("10.0.0.2", ""), Some(false)), Peer::AsRecorded(EndName::Source));
    assert_eq!(peer("ws01", ("10.0.0.1", "a"), ("10.0.0.2", "b"), None), Peer::AsRecorded(EndName::Destination));
}

#[test]
fn addresses_that_are_held_do_not_depend_on_their_order() {
    let address = |n: u32| IpAddr::from(std::net::Ipv4Addr::from(0x0a00_0000 + n));
    let count = u32::try_from(MOST_ADDRESSES).unwrap() + 500;
    let (mut up, mut down, mut half) = (HostAddresses::default(), HostAddresses::default(), HostAddresses::default());
    (0..count).for_each(|n| up.add("h", address(n)));
    (0..count / 2).rev().for_each(|n| down.add("h", address(n)));
    (count / 2..count).for_each(|n| half.add("H", address(n)));
    down.merge(half);
    assert_eq!(up.held, down.held);
    assert!(up.is_full() && down.is_full());
}
