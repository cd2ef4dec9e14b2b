//! Community ID version 1, seed 0: one hash for a flow, the same from either end, shared with network sensors.

use super::long;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::net::IpAddr;

/// The Community ID of a flow by the texts of its parts: transport, address and port of the source, and of the destination.
pub fn of_texts(parts: &[&str]) -> Option<String> {
    let &[source_ip, source_port, destination_ip, destination_port, transport] = parts else { return None };
    // As texts, whoever has them: numbers are read as the fields are, `0x50` included, and an IPv4 address mapped into IPv6 is IPv4 on the wire.
    let end = |ip: &str, port: &str| {
        let address: IpAddr = ip.parse().ok()?;
        Some((address.to_canonical(), u16::try_from(long(port)?).ok()?))
    };
    community_id(transport, end(source_ip, source_port)?, end(destination_ip, destination_port)?)
}

/// The Community ID of a TCP or UDP flow; `None` for other transports or ends of different address families.
fn community_id(transport: &str, source: (IpAddr, u16), destination: (IpAddr, u16)) -> Option<String> {
    let protocol: u8 = match transport {
        _ if transport.eq_ignore_ascii_case("tcp") => 6,
        _ if transport.eq_ignore_ascii_case("udp") => 17,
        _ => return None,
    };
    if source.0.is_ipv4() != destination.0.is_ipv4() {
        return None;
    }
    // The lower end stands first, so that both ends, and a sensor between them, come to the same hash whoever opened the flow.
    let (low, high) = if source <= destination { (source, destination) } else { (destination, source) };
    let mut hash = Sha1::new();
    hash.update([0, 0]); // seed
    update_address(&mut hash, low.0);
    update_address(&mut hash, high.0);
    let ([a, b], [c, d]) = (low.1.to_be_bytes(), high.1.to_be_bytes());
    hash.update([protocol, 0, a, b, c, d]);
    let mut id = String::with_capacity(30);
    id.push_str("1:");
    STANDARD.encode_string(hash.finalize(), &mut id);
    Some(id)
}

fn update_address(hash: &mut Sha1, address: IpAddr) {
    match address {
        IpAddr::V4(address) => hash.update(address.octets()),
        IpAddr::V6(address) => hash.update(address.octets()),
    }
}

#[cfg(test)]
mod tests;
