use super::*;
use crate::ecs::{self, Field};
use crate::eql::{Query, compile};
use crate::event::Document;

fn sequence(source: &str) -> CompiledSequence {
    let compiled = compile(source);
    match compiled.query {
        Some(Query::Sequence(sequence)) => sequence,
        _ => panic!("{source}: {:?}", compiled.diagnostics),
    }
}

fn document(fields: &[(&str, &str)]) -> Document {
    let mut document = Document::new();
    for (name, value) in fields {
        document.push(Field::named(name), *value);
    }
    document
}

#[test]
fn runs_share_a_filter() {
    let sequence = sequence("sequence [any where x == 1] with runs=3 [any where x == 2] until [any where x == 3]");
    assert_eq!(sequence.stages().iter().map(Stage::filter_index).collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(sequence.filters().len(), 3);
    assert_eq!(sequence.until(), Some(2));
    assert_eq!(sequence.maxspan(), None);
}

#[test]
fn a_candidate_knows_its_filters_and_keys() {
    let sequence = sequence(r#"sequence by a [any where s == "1"] by b [any where s == "2"] by ?c"#);
    assert_eq!(sequence.candidate(&document(&[("s", "1"), ("a", "k")])), None, "b is missing");
    assert_eq!(sequence.candidate(&document(&[("s", "3"), ("a", "k"), ("b", "l")])), None);
    let candidate = sequence.candidate(&document(&[("s", "2"), ("a", "k")])).unwrap();
    assert_eq!(candidate.filters().collect::<Vec<_>>(), [1]);
    let wanted: JoinKey = [KeyPart::Text("k".into()), KeyPart::Null].into();
    assert_eq!(candidate.keys(1), [wanted]);
}

#[test]
fn several_values_give_every_combination_of_distinct_keys() {
    let sequence = sequence("sequence by a, b [any where true] [any where true]");
    let candidate = sequence.candidate(&document(&[("a", "1"), ("a", "2"), ("a", "1"), ("b", "x"), ("b", "y")]));
    let candidate = candidate.unwrap();
    assert_eq!(candidate.keys(0).len(), 4);
    assert!(!candidate.is_capped());
}

#[test]
fn too_many_combinations_are_cut_and_told() {
    let sequence = sequence("sequence by a, b [any where true] [any where true]");
    let mut many = Document::new();
    for number in 0..100 {
        many.push(Field::named("a"), number);
        many.push(Field::named("b"), number);
    }
    let candidate = sequence.candidate(&many).unwrap();
    assert!(candidate.is_capped());
    assert!(candidate.keys(0).len() <= MAX_KEYS && candidate.keys(0).len() > 900);
}

#[test]
fn keys_are_typed_and_addresses_are_canonical() {
    let sequence = sequence("sequence by destination.ip [any where true] [any where true]");
    let key = |text: &str| {
        let mut document = Document::new();
        document.set(ecs::DESTINATION_IP, text);
        sequence.candidate(&document).unwrap().keys(0).to_vec()
    };
    assert_eq!(key("0:0:0:0:0:0:0:1"), key("::1"));
    assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
    assert_ne!(KeyPart::Long(1), KeyPart::Text("1".into()));
}

#[test]
fn fields_of_a_query_are_those_of_conditions_and_keys() {
    let query =
        compile("sequence by k [process where a == 1] [any where b : \"x\" and a == 2] until [any where c == 1]");
    let query = query.query.unwrap();
    let mut names: Vec<_> = query.fields().map(Field::name).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "b", "c", "event.category", "k"]);
}

#[test]
fn queries_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Query>();
    shared::<Candidate>();
}

proptest::proptest! {
    /// Digests of keys, worked out without the keys, are those of the keys themselves, as many and in their order.
    #[test]
    fn digests_stand_for_keys(users in proptest::collection::vec(0_u8..6, 0..80), pids in proptest::collection::vec(0_i64..40, 0..40), host in proptest::bool::ANY) {
        let mut document = Document::new();
        for user in &users {
            document.push(ecs::USER_NAME, format!("u{user}"));
        }
        for pid in pids {
            document.push(ecs::PROCESS_PID, pid);
        }
        document.push(ecs::PROCESS_NAME, "x".repeat(users.len() * 40));
        document.push(ecs::SOURCE_IP, "::ffff:10.0.0.1");
        let queries = [
            "sequence by user.name, process.pid [any where true] [any where true]",
            "sequence by ?user.domain, process.name, source.ip [any where true] [any where true]",
            "sequence [any where true] by process.pid [any where true] by user.domain",
            "sequence [any where true] [any where true]",
        ];
        let digester = Digester::default();
        let of_host = host;
        let mut buffer = DigestBuffer::default();
        for query in queries {
            let Some(Query::Sequence(sequence)) = compile(query).query else { panic!("a sequence") };
            for filter in sequence.filters() {
                let mut digests = Vec::new();
                let count = digester.keys(&document, filter.keys(), of_host, &mut buffer, &mut digests);
                let keys: Vec<Digest> = filter.keys_of(&document).iter().map(|key| digester.key(of_host, key)).collect();
                proptest::prop_assert_eq!(count, keys.len());
                proptest::prop_assert_eq!(&digests, &keys);
                let different: std::collections::BTreeSet<&Digest> = digests.iter().collect();
                proptest::prop_assert_eq!(different.len(), digests.len());
            }
        }
    }
}
