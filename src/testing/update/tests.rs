use super::*;
use crate::testing::run::{RunSettings, run};
use crate::testing::suite::{SuiteOptions, TestSuite};
use std::path::Path;

/// Brings a test file up to date, and gives its text and whether its tests pass then.
fn updated(text: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.test.toml");
    let samples = std::path::absolute("samples").unwrap().to_string_lossy().replace('\\', "/");
    std::fs::write(&path, text.replace("SAMPLES", &samples)).unwrap();
    let load = |path: &Path| TestSuite::load([path], &SuiteOptions::default()).unwrap();
    let suite = load(&path);
    let results = run(&suite.cases, RunSettings::default(), &|_, _| ()).unwrap();
    update(&suite.cases, &results).unwrap();
    let again = load(&path);
    let passes = run(&again.cases, RunSettings::default(), &|_, _| ()).unwrap();
    let passes = passes.iter().all(|result| result.verdict == Verdict::Passed);
    (std::fs::read_to_string(&path).unwrap().replace(&samples, "SAMPLES"), passes)
}

#[test]
fn what_is_right_stays_as_it_is_written() {
    let text = "# why\nrules = [ \"Network Connection via Registration Utility\" ] # all\n\n[[test]]\nname='a' # the first\nevidence=[\"SAMPLES/regasm.evtx\"]\nexpect.count = 1 # one\n";
    assert_eq!(updated(text), (text.to_owned(), true));
}

#[test]
fn alerts_are_changed_added_and_removed_where_they_stand() {
    let text = r#"rules = ["Network Connection via Registration Utility"]

[[test]]
name = "changed"
evidence = ["SAMPLES/regsvr32.evtx"]

# The first one.
[[test.expect.alert]]
rule = "Network Connection via Registration Utility"
records = [2007, 2010] # start, connection
fields = { "destination.port" = 81, process.name = "regsvr32.exe" }

[[test]]
name = "gone"
evidence = ["SAMPLES/dns.evtx"]
rules = ["Network Connection via Registration Utility"]
expect.none = true # nobody

[[test]]
name = "last"
evidence = ["SAMPLES/private-destination.evtx"]

[[test.expect.alert]]
rule = "Network Connection via Registration Utility"
"#;
    let (text, passes) = updated(text);
    assert!(passes, "{text}");
    assert!(text.contains("# The first one.\n[[test.expect.alert]]"), "{text}");
    assert!(text.contains("records = [2007, 2008] # start, connection"), "{text}");
    assert!(text.contains("\"destination.port\" = 80, process.name = \"regsvr32.exe\""), "{text}");
    assert!(text.contains("records = [2011, 2012]") && text.contains("records = [707, 710]"), "{text}");
    let (gone, last) = (text.find("\"gone\"").unwrap(), text.find("\"last\"").unwrap());
    let at = |part: &str| text.find(part).unwrap();
    assert!(at("2011") < gone && gone < at("707") && at("707") < last, "{text}");
    assert!(text[last..].contains("none = true"), "{text}");
}

#[test]
fn alerts_of_one_clock_say_so_and_faults_and_numbers_follow() {
    let text = r#"rules = ["Network Connection via Registration Utility"]
[[test]]
name = "clocks"
clock = "both"
evidence = ["SAMPLES/utctime-out-of-order.evtx"]
expect.none = true

[[test]]
name = "faults"
evidence = ["SAMPLES/broken-record.evtx"]
[test.expect]
counts = { "Network Connection via Registration Utility" = 4 }
[[test.expect.fault]]
file = "another.evtx"
[[test.expect.event]]
record = 31
fields = { process = { name = "x", pid = 1 } }
exact = false
"#;
    let (text, passes) = updated(text);
    assert!(passes, "{text}");
    assert!(text.contains("clock = \"logged\"") && text.contains("clock = \"utc\""), "{text}");
    assert!(text.contains("Registration Utility\" = 1 }") && !text.contains("another.evtx"), "{text}");
}
