use super::*;

/// What each mutant of a query changes.
fn changes(source: &str) -> Vec<(MutationKind, String, String)> {
    let all = mutants(source);
    all.into_iter().map(|mutant| (mutant.kind, mutant.description, mutant.query)).collect()
}

fn has(source: &str, kind: MutationKind, query: &str) {
    let all = changes(source);
    assert!(all.iter().any(|(have, _, text)| *have == kind && text == query), "{kind:?} {query}: {all:#?}");
}

#[test]
fn every_mutant_is_a_query_and_another_one() {
    let source = "sequence by host.id, user.id with maxspan=1m [process where event.type == \"start\" and not (process.name : (\"a.exe\", \"b*\") or user.name == \"x\")] [network where cidrMatch(destination.ip, \"10.0.0.0/8\", \"::1\")] until [process where event.type == \"end\"]";
    let original = eql::parse(source).0.to_string();
    let all = mutants(source);
    let kinds: HashSet<MutationKind> = all.iter().map(|mutant| mutant.kind).collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    let mut seen = HashSet::new();
    for mutant in &all {
        assert!(eql::compile(&mutant.query).query.is_some(), "{}", mutant.query);
        assert_ne!(mutant.query, original, "{}", mutant.description);
        assert!(seen.insert(&mutant.query), "twice: {}", mutant.query);
        assert!(!source[mutant.span.range()].is_empty(), "{}", mutant.description);
    }
}

#[test]
fn conditions_are_dropped_and_negated_wherever_they_stand() {
    let source = "process where process.name : \"a\" and not (user.name == \"x\" or user.name == \"y\")";
    has(source, MutationKind::DropCondition, "process where process.name : \"a\"");
    has(source, MutationKind::DropCondition, "process where process.name : \"a\" and not user.name == \"y\"");
    has(
        source,
        MutationKind::Negate,
        "process where not process.name : \"a\" and not (user.name == \"x\" or user.name == \"y\")",
    );
    has(
        source,
        MutationKind::Negate,
        "process where process.name : \"a\" and (user.name == \"x\" or user.name == \"y\")",
    );
    has("process where process.name : \"a\"", MutationKind::DropCondition, "process where true");
}

#[test]
fn lists_lose_members_and_patterns_become_wider() {
    let source = "any where process.name : (\"a.exe\", \"*b*\") and cidrMatch(source.ip, \"::1\", \"::2\")";
    has(
        source,
        MutationKind::DropListMember,
        "any where process.name : \"*b*\" and cidrMatch(source.ip, \"::1\", \"::2\")",
    );
    has(
        source,
        MutationKind::DropListMember,
        "any where process.name : (\"a.exe\", \"*b*\") and cidrMatch(source.ip, \"::2\")",
    );
    has(
        source,
        MutationKind::WidenWildcard,
        "any where process.name : (\"*a.exe*\", \"*b*\") and cidrMatch(source.ip, \"::1\", \"::2\")",
    );
    has(
        source,
        MutationKind::WidenWildcard,
        "any where process.name : (\"a.exe\", \"*\") and cidrMatch(source.ip, \"::1\", \"::2\")",
    );
    assert_eq!(wider("*"), None);
}

#[test]
fn sequences_lose_stages_keys_and_maxspan_and_change_their_order() {
    let source = "sequence by host.id with maxspan=5m [process where true] by user.id [network where true] by user.id";
    has(source, MutationKind::DropStage, "network where true");
    has(
        source,
        MutationKind::SwapStages,
        "sequence by host.id with maxspan=5m [network where true] by user.id [process where true] by user.id",
    );
    has(
        source,
        MutationKind::DropMaxspan,
        "sequence by host.id [process where true] by user.id [network where true] by user.id",
    );
    has(
        source,
        MutationKind::DropJoinKey,
        "sequence with maxspan=5m [process where true] by user.id [network where true] by user.id",
    );
    has(
        source,
        MutationKind::DropJoinKey,
        "sequence by host.id with maxspan=5m [process where true] [network where true]",
    );
}

#[test]
fn a_query_that_is_wrong_has_no_mutants() {
    assert!(mutants("process where process.name ==").is_empty());
}
