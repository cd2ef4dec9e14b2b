//! Addresses looked up in databases: whoever asks for `destination.geo.*` and its like gets the same, and nobody does without `--geoip`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::enrichment::GeoDatabases;
use evql::{Scanner, ScannerBuilder, read_geoip_folder};
use mmdb::MmdbWriter;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[path = "support/mmdb.rs"]
mod mmdb;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The databases that the sessions of `tests/cli/geoip.trycmd` use, by name of file.
fn written() -> [(&'static str, Vec<u8>); 2] {
    let place = |code: &str, country: &str, city: &str, latitude: f64, longitude: f64| {
        json!({
            "continent": { "code": "EU", "names": { "en": "Europe" } },
            "country": { "iso_code": code, "names": { "en": country } },
            "city": { "names": { "en": city } },
            "location": { "latitude": latitude, "longitude": longitude },
        })
    };
    let owner =
        |number: u32, name: &str| json!({ "autonomous_system_number": number, "autonomous_system_organization": name });
    let cities = vec![
        ("193.32.162.0/24", place("NL", "Netherlands", "Amsterdam", 52.375, 4.875)),
        // Whatever a database says is text.
        ("185.220.101.0/24", place("DE", "Germany", "<b>Ber\u{1b}lin</b>", 52.5, 13.5)),
    ];
    let owners = vec![
        ("193.32.162.0/24", owner(64_500, "Example Hosting BV")),
        ("185.220.100.0/22", owner(64_501, "Example Transit")),
    ];
    [
        ("GeoLite2-ASN.mmdb", MmdbWriter::new("GeoLite2-ASN", owners).write()),
        ("GeoLite2-City.mmdb", MmdbWriter { record_bits: 28, ..MmdbWriter::new("GeoLite2-City", cities) }.write()),
    ]
}

#[test]
fn the_databases_of_the_sessions_are_those_that_are_written_here() {
    let folder = root().join("tests/cli/geoip");
    for (name, bytes) in written() {
        let path = folder.join(name);
        if std::env::var_os("EVQL_BLESS").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        let known = fs::read(&path).unwrap_or_default();
        assert!(known == bytes, "{} differs; EVQL_BLESS=1 writes it anew", path.display());
    }
}

static DATABASES: LazyLock<GeoDatabases> = LazyLock::new(|| {
    GeoDatabases::new(written().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()).unwrap()
});

fn samples() -> [PathBuf; 2] {
    ["samples/macro-ws-0431.evtx", "samples/macro-ws-0432.evtx"].map(|path| root().join(path))
}

/// The documents of the events that a query finds.
fn found(query: &str, paths: &[PathBuf], set: impl Fn(ScannerBuilder) -> ScannerBuilder) -> Vec<Value> {
    let scanner = set(Scanner::builder()).query(query).build().unwrap();
    let results = scanner.scan(paths).unwrap();
    assert!(results.faults().is_empty(), "{:?}", results.faults());
    results.events().map(|event| event.to_json()).collect()
}

fn located(scanner: ScannerBuilder) -> ScannerBuilder {
    scanner.geoip(&DATABASES)
}

#[test]
fn rules_see_places_and_owners_however_records_are_read() {
    let query = r#"network where destination.geo.country_iso_code == "NL" and destination.as.number == 64500 and
        destination.as.organization.name : "example*" and destination.geo.location.lat > 52 and source.geo.city_name == null"#;
    let all = found(query, &samples(), located);
    assert_eq!(all.len(), 5);
    assert_eq!(
        all[0]["destination"],
        json!({
            "as": { "number": 64_500, "organization": { "name": "Example Hosting BV" } },
            "domain": "c2.example-updates.test",
            "geo": {
                "city_name": "Amsterdam", "continent_code": "EU", "continent_name": "Europe", "country_iso_code": "NL",
                "country_name": "Netherlands", "location": { "lat": 52.375, "lon": 4.875 },
            },
            "ip": "193.32.162.7",
            "port": 443,
        })
    );
    assert_eq!(all, found(query, &samples(), |scanner| located(scanner).slow_reader(true)));
    for threads in [1, 2, 8] {
        assert_eq!(all, found(query, &samples(), |scanner| located(scanner).threads(threads)));
    }
    // What is not looked up is not there.
    assert_eq!(found(query, &samples(), |scanner| scanner), Vec::<Value>::new());
}

#[test]
fn without_databases_events_are_what_they_were() {
    let query = "network where destination.ip != null";
    let without = found(query, &samples(), |scanner| scanner);
    let mut with = found(query, &samples(), located);
    assert_eq!(without.len(), with.len());
    for document in &mut with {
        for end in ["source", "destination"] {
            let end = document[end].as_object_mut().unwrap();
            end.remove("geo");
            end.remove("as");
        }
    }
    assert_eq!(with, without);
}

#[test]
fn documents_get_what_they_do_not_say_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ndjson");
    let event = json!({ "category": ["network"] });
    let lines = [
        json!({ "@timestamp": "2024-01-01T00:00:00Z", "event": event, "destination": { "ip": "193.32.162.7" } }),
        json!({ "@timestamp": "2024-01-01T00:00:01Z", "event": event, "destination.ip": "193.32.162.7" }),
        json!({ "@timestamp": "2024-01-01T00:00:02Z", "event": event, "destination": { "ip": "193.32.162.7", "geo": { "country_iso_code": "SE" } } }),
        json!({ "@timestamp": "2024-01-01T00:00:03Z", "event": event, "destination": { "ip": "10.0.0.1" } }),
        json!({ "@timestamp": "2024-01-01T00:00:04Z", "event": event, "destination": { "ip": "193.32.162.7", "as": 7 } }),
    ];
    fs::write(&path, lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")).unwrap();
    let all = found("network where destination.ip != null", std::slice::from_ref(&path), located);
    let of = |at: usize, name: &str| all[at].pointer(name).cloned().unwrap_or_default();
    assert_eq!(of(0, "/destination/geo/country_iso_code"), "NL");
    assert_eq!(of(0, "/destination/as/organization/name"), "Example Hosting BV");
    assert_eq!(all[1]["destination.geo.country_iso_code"], "NL");
    assert_eq!(all[1]["destination.as.number"], 64_500);
    assert_eq!((&all[2], &all[3]), (&lines[2], &lines[3]));
    // What stands in the way of a name stays as it was given.
    assert_eq!(of(4, "/destination/as"), 7);
    for (query, count) in [
        (r#"network where destination.geo.country_iso_code == "NL""#, 3),
        (r#"network where destination.geo.country_iso_code == "SE""#, 1),
    ] {
        assert_eq!(found(query, std::slice::from_ref(&path), located).len(), count, "{query}");
    }
}

#[test]
fn a_folder_is_read_or_said_to_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let refused = || read_geoip_folder(folder.path()).map(drop).unwrap_err().to_string();
    assert!(refused().ends_with("there is no .mmdb file in it"), "{}", refused());
    fs::create_dir(folder.path().join("b.mmdb")).unwrap();
    fs::write(folder.path().join("README.txt"), "no database").unwrap();
    assert!(refused().ends_with("there is no .mmdb file in it"), "{}", refused());
    for (name, bytes) in written() {
        fs::write(folder.path().join(name.to_uppercase()), bytes).unwrap();
    }
    let databases = read_geoip_folder(folder.path()).unwrap();
    let kinds: Vec<&str> = databases.described().map(|(_, kind, _)| kind).collect();
    assert_eq!(kinds, ["GeoLite2-ASN", "GeoLite2-City"]);
    fs::write(folder.path().join("z.mmdb"), "broken").unwrap();
    assert!(refused().contains("z.mmdb is no database in MaxMind's format, or is broken"), "{}", refused());
    assert!(read_geoip_folder(&folder.path().join("nowhere")).is_err());
}
