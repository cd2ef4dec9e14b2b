use super::*;
use crate::sysmon::Mapping;
use serde_json::{Value as Json, json};

fn queried(name: &str, results: &str) -> (Result<(), Failure>, Json) {
    let context = StepContext::new(22, Mapping::Integration.into(), '\\');
    let entries = [("QueryResults", results)];
    let mut document = Document::new();
    if !name.is_empty() {
        document.set(ecs::DNS_QUESTION_NAME, name);
    }
    let done = answers(&EventData::new(&entries), &mut document, context);
    assert_eq!(done.is_err(), fails(results, !name.is_empty()), "told without running it");
    (done, document.to_json())
}

#[test]
fn typed_answers_come_before_addresses() {
    let (done, json) =
        queried("www.example.co.uk", "::ffff:192.0.2.1;type:  5 a.example.net;2001:db8::1;::ffff:192.0.2.1;");
    assert_eq!(done, Ok(()));
    assert_eq!(
        json["dns"]["answers"],
        json!([
            {"data": "a.example.net", "type": "CNAME"},
            {"data": "192.0.2.1", "type": "A"},
            {"data": "2001:db8::1", "type": "AAAA"},
            {"data": "192.0.2.1", "type": "A"},
        ])
    );
    assert_eq!(json["dns"]["resolved_ip"], json!(["192.0.2.1", "2001:db8::1", "192.0.2.1"]), "duplicates stay");
    assert_eq!(json["related"]["ip"], json!(["192.0.2.1", "2001:db8::1"]));
    assert_eq!(json["related"]["hosts"], json!(["a.example.net"]));
}

#[test]
fn an_address_after_something_else_is_resolved_but_no_answer() {
    let (_, json) = queried("example.com", "nothing;192.0.2.1;192.0.2.2");
    assert_eq!(json["dns"]["resolved_ip"], json!(["192.0.2.1", "192.0.2.2"]));
    assert_eq!(json["dns"]["answers"], json!([{"data": "192.0.2.2", "type": "A"}]));
}

#[test]
fn a_type_may_lack_data_but_not_a_number() {
    let (done, json) = queried("example.com", "type:  33 ;192.0.2.1");
    assert_eq!(done, Ok(()));
    assert_eq!(json["dns"]["answers"], json!([{"type": "SRV"}, {"data": "192.0.2.1", "type": "A"}]));
    assert!(queried("example.com", "type:;192.0.2.1").0.is_err());
    assert!(queried("", "192.0.2.1").0.is_err(), "results without a question");
}

#[test]
fn addresses_lose_what_stands_around_ipv4() {
    assert_eq!(plain_address("::ffff:192.0.2.1"), "192.0.2.1");
    assert_eq!(plain_address("[::ffff:192.0.2.1]:53"), "192.0.2.1");
    assert_eq!(plain_address("[::ffff:192.0.2.1]"), "192.0.2.1");
    assert_eq!(plain_address("2001:db8::1"), "2001:db8::1");
}

#[test]
fn names_are_cut_by_the_public_suffix_list() {
    let parts = |name: &'static str| match question(name) {
        Some(parts) => {
            [parts.subdomain.unwrap_or_default().to_owned(), parts.registered.unwrap_or_default(), parts.suffix]
        }
        None => [const { String::new() }; 3],
    };
    assert_eq!(parts("www.example.co.uk"), ["www", "example.co.uk", "co.uk"]);
    assert_eq!(parts("a.b.example.com"), ["a.b", "example.com", "com"]);
    assert_eq!(parts("example.com"), ["", "example.com", "com"]);
    assert_eq!(parts("user.github.io"), ["", "user.github.io", "github.io"], "private suffixes count");
    assert_eq!(parts("co.uk"), ["", "", "co.uk"]);
    assert_eq!(parts("server.corp.local"), ["", "", ""], "on no list");
    assert_eq!(parts("localhost"), ["", "", ""]);
    assert_eq!(parts("com"), ["", "", ""]);
}

#[test]
fn answers_without_data_keep_their_places_among_the_others() {
    let (done, json) =
        queried("_ldap._tcp.example.com", "type:  33 ;type:  5 a.example.net;type:  33 ;::ffff:192.0.2.1;");
    assert_eq!(done, Ok(()));
    assert_eq!(
        json["dns"]["answers"],
        json!([
            {"type": "SRV"},
            {"data": "a.example.net", "type": "CNAME"},
            {"type": "SRV"},
            {"data": "192.0.2.1", "type": "A"},
        ])
    );
    let (_, json) = queried("_ldap._tcp.example.com", "type:  33 ;type:  33 ;");
    assert_eq!(json["dns"]["answers"], json!([{"type": "SRV"}, {"type": "SRV"}]));
}
