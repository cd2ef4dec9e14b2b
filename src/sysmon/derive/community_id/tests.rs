use super::community_id;

fn end(address: &str, port: u16) -> (std::net::IpAddr, u16) {
    (address.parse().unwrap(), port)
}

/// The values are those of the Community ID specification's own examples.
#[test]
fn known_flows_have_their_published_ids() {
    let (a, b) = (end("128.232.110.120", 34855), end("66.35.250.204", 80));
    assert_eq!(community_id("tcp", a, b).unwrap(), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_eq!(community_id("TCP", b, a), community_id("tcp", a, b), "both directions agree");
    let (a, b) = (end("192.168.1.52", 54585), end("8.8.8.8", 53));
    assert_eq!(community_id("udp", a, b).unwrap(), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
}

#[test]
fn what_has_no_id_gets_none() {
    assert_eq!(community_id("icmp", end("1.1.1.1", 1), end("2.2.2.2", 2)), None);
    assert_eq!(community_id("tcp", end("1.1.1.1", 1), end("::1", 2)), None);
}
