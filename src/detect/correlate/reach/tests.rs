use super::*;
use crate::eql::compile;

#[track_caller]
fn told(query: &str, why: &str, is_across: bool) {
    let reach = RuleReach::of(&compile(query).query.unwrap());
    assert_eq!((reach.to_string().as_str(), reach.is_across()), (why, is_across), "{query}");
}

#[test]
fn keys_tell_whether_one_host_answers_a_rule() {
    told("process where true | head 3", "an alert is one event", false);
    told(
        "sequence by process.entity_id [process where true] [network where true]",
        "process.entity_id means something on its host only",
        false,
    );
    told(
        "sequence by host.id, user.id [process where true] [network where true]",
        "all events have the same host.id",
        false,
    );
    told("sample by host.name [process where true] [network where true]", "all events have the same host.name", false);
    told("sequence [process where true] [network where true]", "it has no join keys", true);
    told(
        "sequence by ?host.id [process where true] [network where true]",
        "?host.id may be the same on several hosts",
        true,
    );
    told(
        "sequence by user.name [process where true] [network where true] until [file where true]",
        "user.name may be the same on several hosts",
        true,
    );
    told(
        "sequence [process where true] by host.name [network where true] by user.name",
        "host.name may be the same on several hosts",
        true,
    );
    // What is a process's on its own host may be any process's in a sample, which is not kept to one.
    told(
        "sample by process.entity_id [process where true] [network where true]",
        "process.entity_id may be the same on several hosts",
        true,
    );
}
