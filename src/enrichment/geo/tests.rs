use super::*;
use mmdb::MmdbWriter;
use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "../../../tests/support/mmdb.rs"]
mod mmdb;

fn city() -> MmdbWriter {
    let record = json!({
        "continent": { "code": "EU", "names": { "de": "Europa", "en": "Europe" } },
        "country": { "iso_code": "NL", "names": { "de": "Niederlande", "en": "Netherlands" }, "is_in_european_union": true },
        "subdivisions": [
            { "iso_code": "NH", "names": { "en": "North Holland" } },
            { "iso_code": "XX", "names": { "en": "A part of it" } },
        ],
        "city": { "geoname_id": 2_759_794, "names": { "en": "Amsterdam" } },
        "location": { "accuracy_radius": 5, "latitude": 52.3759, "longitude": 4.8975, "time_zone": "Europe/Amsterdam" },
    });
    let bare = json!({ "country": { "iso_code": "DE" }, "location": { "latitude": 200.5, "longitude": 1.5 } });
    MmdbWriter::new("GeoLite2-City", vec![("193.32.160.0/22", record), ("2a02:26f0::/32", bare)])
}

fn asn() -> MmdbWriter {
    let record =
        |number: u32, name: &str| json!({ "autonomous_system_number": number, "autonomous_system_organization": name });
    MmdbWriter::new("GeoLite2-ASN", vec![("193.32.162.0/24", record(64_500, "Example BV"))])
}

fn databases(all: &[(&str, Vec<u8>)]) -> GeoDatabases {
    GeoDatabases::new(all.iter().map(|(file, bytes)| ((*file).to_owned(), bytes.clone())).collect()).unwrap()
}

fn look_up(all: &[(&str, Vec<u8>)], address: &str) -> GeoFacts {
    let databases = databases(all);
    let facts = databases.look_up(address.parse().unwrap());
    assert_eq!(databases.failures(), [""; 0]);
    facts
}

fn amsterdam() -> GeoFacts {
    let text = |text: &str| Some(text.to_owned());
    GeoFacts {
        continent_code: text("EU"),
        continent_name: text("Europe"),
        country_iso_code: text("NL"),
        country_name: text("Netherlands"),
        region_iso_code: text("NL-NH"),
        region_name: text("North Holland"),
        city_name: text("Amsterdam"),
        location: Some((52.3759, 4.8975)),
        as_number: Some(64_500),
        as_organization: text("Example BV"),
    }
}

#[test]
fn a_place_and_an_owner_come_from_two_databases() {
    for record_bits in [24, 28, 32] {
        let all = [
            ("a.mmdb", MmdbWriter { record_bits, ..asn() }.write()),
            ("c.mmdb", MmdbWriter { record_bits, ..city() }.write()),
        ];
        assert_eq!(look_up(&all, "193.32.162.7"), amsterdam());
        // The same address within IPv6.
        assert_eq!(look_up(&all, "::ffff:193.32.162.7"), amsterdam());
        let only_place = GeoFacts { as_number: None, as_organization: None, ..amsterdam() };
        assert_eq!(look_up(&all, "193.32.161.1"), only_place);
        for unknown in ["193.32.164.1", "10.0.0.1", "127.0.0.1", "::1", "2a03::1"] {
            assert_eq!(look_up(&all, unknown), GeoFacts::default(), "{unknown}");
        }
    }
}

#[test]
fn what_a_record_lacks_or_has_wrong_is_missing() {
    let facts = look_up(&[("c.mmdb", city().write())], "2a02:26f0::1");
    assert_eq!(facts, GeoFacts { country_iso_code: Some("DE".to_owned()), ..GeoFacts::default() });
}

#[test]
fn a_database_for_ipv4_says_nothing_of_ipv6() {
    let networks = vec![("193.32.162.0/24", json!({ "autonomous_system_number": 64_500 }))];
    let database = MmdbWriter { ip_version: 4, ..MmdbWriter::new("DBIP-ASN-Lite (compat=GeoLite2-ASN)", networks) };
    let all = [("a.mmdb", database.write())];
    assert_eq!(look_up(&all, "193.32.162.7").as_number, Some(64_500));
    assert_eq!(look_up(&all, "2a02:26f0::1"), GeoFacts::default());
}

#[test]
fn the_layouts_of_other_vendors_are_understood() {
    let lite = json!({
        "continent": "Europe", "continent_code": "EU", "country": "Netherlands", "country_code": "NL",
        "asn": "AS64500", "as_name": "Example BV", "as_domain": "bv.example",
    });
    let old = json!({
        "continent": "EU", "continent_name": "Europe", "country": "NL", "country_name": "Netherlands",
        "region": "North Holland", "city": "Amsterdam", "lat": "52.3759", "lng": "4.8975", "asn": "AS64500",
    });
    let all_in_one = json!({
        "country": { "iso_code": "NL", "names": { "en": "Netherlands" } },
        "traits": { "autonomous_system_number": 64_500, "autonomous_system_organization": "Example BV", "isp": "Other" },
    });
    let facts = |kind, record: Value| {
        look_up(&[("i.mmdb", MmdbWriter::new(kind, vec![("193.32.162.0/24", record)]).write())], "193.32.162.7")
    };
    let nowhere = GeoFacts { region_iso_code: None, region_name: None, city_name: None, location: None, ..amsterdam() };
    assert_eq!(facts("ipinfo ipinfo_lite.mmdb", lite), nowhere);
    let of_old = GeoFacts { region_iso_code: None, as_organization: None, ..amsterdam() };
    assert_eq!(facts("ipinfo standard_location.mmdb", old), of_old);
    let of_one = GeoFacts { continent_code: None, continent_name: None, ..nowhere };
    assert_eq!(facts("DBIP-Location-ISP (compat=Enterprise)", all_in_one), of_one);
}

#[test]
fn where_two_databases_differ_the_first_name_counts() {
    let of = |code: &str| {
        MmdbWriter::new("GeoIP2-Country", vec![("193.32.162.0/24", json!({ "country": { "iso_code": code } }))]).write()
    };
    for order in [["AA", "BB"], ["BB", "AA"]] {
        let facts = look_up(&[("2.mmdb", of(order[1])), ("1.mmdb", of(order[0]))], "193.32.162.7");
        assert_eq!(facts.country_iso_code.as_deref(), Some(order[0]));
    }
}

#[test]
fn what_is_no_database_or_another_one_is_named() {
    let refused =
        |bytes: Vec<u8>| GeoDatabases::new(BTreeMap::from([("x/y.mmdb".to_owned(), bytes)])).unwrap_err().to_string();
    for bytes in [b"".to_vec(), b"not a database".to_vec(), city().write()[..500].to_vec()] {
        let text = refused(bytes);
        assert!(text.starts_with("x/y.mmdb is no database in MaxMind's format, or is broken: "), "{text}");
    }
    let other = MmdbWriter::new("GeoIP2-Anonymous-IP", vec![("193.32.162.0/24", json!({ "is_tor_exit_node": true }))]);
    assert_eq!(
        refused(other.write()),
        "x/y.mmdb is a database of the type 'GeoIP2-Anonymous-IP', which has neither countries nor autonomous systems"
    );
}

#[test]
fn a_database_that_is_broken_inside_is_told_by_its_lowest_address() {
    let networks = vec![("193.32.162.0/24", json!({ "country": { "iso_code": "NL", "names": 7 } }))];
    let databases = databases(&[("x.mmdb", MmdbWriter::new("GeoLite2-Country", networks).write())]);
    for last in [9, 7, 8] {
        assert_eq!(databases.look_up(IpAddr::from([193, 32, 162, last])), GeoFacts::default());
    }
    let failures = databases.failures();
    assert!(
        failures.len() == 1
            && failures[0].starts_with("x.mmdb: 193.32.162.7 and perhaps others could not be looked up: "),
        "{failures:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_database_is_refused_or_read(at in 0_usize..2000, byte in any::<u8>(), address in any::<[u8; 4]>()) {
        let mut bytes = city().write();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(databases) = GeoDatabases::new(BTreeMap::from([("x.mmdb".to_owned(), bytes)])) {
            for address in [address, [193, 32, 162, 7]] {
                databases.look_up(IpAddr::from(address));
            }
            let _ = databases.failures();
        }
    }
}
