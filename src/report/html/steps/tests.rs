use super::*;
use serde_json::json;

fn page(events: &[Value], start: Option<&Value>, clock: Clock) -> String {
    steps(events.iter(), start, &[], clock, &HostAddresses::default()).into_string()
}

fn process_creation() -> Value {
    json!({
        "@timestamp": "2024-03-05T09:14:03.543Z",
        "event": { "action": "Process creation", "created": "2024-03-05T09:14:03.5434567Z" },
        "evql": { "logged": "2024-03-05T09:14:03.5434567Z" },
        "process": { "entity_id": "{1}", "pid": 7404, "executable": "C:\\r.exe", "command_line": "r <x>", "parent": { "pid": 1, "executable": "C:\\c.exe" } },
    })
}

fn connection_event() -> Value {
    json!({
        "@timestamp": "2024-03-05T09:14:03.009Z",
        "event": { "action": "Network connection", "created": "2024-03-05T09:14:04.6094567Z" },
        "evql": { "logged": "2024-03-05T09:14:04.6094567Z" },
        "process": { "entity_id": "{1}", "pid": 7404, "executable": "C:\\r.exe" },
        "source": { "ip": "10.0.0.1", "port": 5 }, "destination": { "ip": "2001:db8::1", "port": 80, "domain": "a.example" },
        "network": { "transport": "tcp", "protocol": "http", "direction": "egress" },
    })
}

#[test]
fn each_step_says_what_is_new_and_how_long_it_took() {
    let shown = page(&[process_creation(), connection_event()], None, Clock::Logged);
    assert!(
        shown.contains("C:\\r.exe (pid 7404)") && shown.contains("r &lt;x&gt;") && shown.contains("C:\\c.exe (pid 1)")
    );
    assert!(shown.contains("Δt +1.066 s"), "{shown}");
    assert!(shown.contains("tcp 10.0.0.1:5 → [2001:db8::1]:80 (a.example), http"));
    assert_eq!(shown.matches("<dt>process</dt>").count(), 1, "the same process is not told again");
    assert!(shown.contains("By its own @timestamp this event comes 0.534 s before the one above"));
    let by_own_time = page(&[process_creation(), connection_event()], None, Clock::Utc);
    assert!(by_own_time.contains("Δt -0.534 s"), "{by_own_time}");
}

#[test]
fn absent_stages_and_creations_elsewhere_are_told() {
    let load = json!({ "event": { "action": "Image loaded", "category": ["library"] }, "process": { "entity_id": "{1}" }, "file": { "path": "C:\\s.dll" } });
    let start = process_creation();
    let shown = page(&[Value::Null, load], Some(&start), Clock::Logged);
    assert!(shown.contains("nothing that would fit here was logged"));
    assert!(shown.contains("<dt>created</dt><dd>2024-03-05 09:14:03.5434567</dd>"), "{shown}");
    assert!(shown.contains("<dt>image</dt><dd>C:\\s.dll</dd>") && shown.contains("r &lt;x&gt;"));
}

#[test]
fn an_accepted_connection_is_told_from_its_other_end_in_old_logs_and_new_ones() {
    let mut event = connection_event();
    event["network"]["direction"] = "ingress".into();
    event["host"]["name"] = "ws01.corp.example".into();
    let expected = "[2001:db8::1]:80 (a.example) → 10.0.0.1:5 (WS01), accepted by this host, http";
    event["source"]["domain"] = "WS01".into();
    let own_end_first = page(&[event.clone()], None, Clock::Logged);
    assert!(own_end_first.contains(expected), "{own_end_first}");
    let (source, destination) = (event["source"].take(), event["destination"].take());
    (event["source"], event["destination"]) = (destination, source);
    let other_end_first = page(&[event.clone()], None, Clock::Logged);
    assert!(other_end_first.contains(expected), "{other_end_first}");
    event["host"]["name"] = "another".into();
    assert!(page(&[event], None, Clock::Logged).contains("which one is this host"), "a guess is told as one");
}

#[test]
fn odd_events_and_too_many_of_them_do_no_harm() {
    let events: Vec<Value> =
        [json!(1), json!("x"), json!([]), json!({}), json!({ "event": [{}], "process": 3, "message": "m" })].into();
    assert!(page(&events, None, Clock::Logged).contains("<dd>m</dd>"));
    let many = vec![json!({}); 1_000];
    assert!(page(&many, None, Clock::Logged).contains("… and 936 more events"));
}

#[test]
fn one_clock_orders_and_the_other_one_stands_beside_it_where_it_differs() {
    let logged = page(&[connection_event()], None, Clock::Logged);
    assert!(
        logged.contains("2024-03-05 09:14:04.6094567")
            && logged.contains("by its own @timestamp 2024-03-05 09:14:03.009")
    );
    let mut of_an_agent = connection_event();
    of_an_agent["evql"].take();
    let shown = page(&[of_an_agent], None, Clock::Logged);
    assert!(!shown.contains("09:14:04"), "event.created is when an agent read it: {shown}");
    assert!(!shown.contains("by its own"), "{shown}");
}

#[test]
fn values_that_are_too_many_are_counted() {
    let answers: Vec<String> = (0..45).map(|at| format!("10.0.0.{at}")).collect();
    let event = json!({ "dns": { "question": { "name": "a.example" }, "resolved_ip": answers } });
    let shown = page(&[event], None, Clock::Logged);
    assert!(shown.contains("10.0.0.39 … and 5 more values"), "{shown}");
}
