use super::*;
use crate::testing::run::{RunSettings, run};
use crate::testing::suite::{SuiteOptions, TestSuite};

/// What a scan finds for a query, in the place of a rule: an answer that shares nothing with the one under test but the rule language.
fn scanned(case: &TestCase, clock: Clock, rule: &Rule, query: Query) -> Vec<RecordedAlert> {
    let rules = vec![Rule { query, ..rule.clone() }];
    let detector = Detector::for_mapping(RuleSet { rules: rules.clone() }, case.mapping);
    let options = RunOptions { clock, mapping: case.mapping.into(), threads: 1, ..RunOptions::default() };
    let outcome = pipeline::run(&case.evidence, &detector, &options, &Silent).unwrap();
    outcome.alerts.hold().unwrap().iter().map(|alert| RecordedAlert::new(&rules[alert.rule], alert)).collect()
}

/// Runs every mutant of every rule as a scan, and compares what that says with the report, mutant by mutant.
fn check(paths: &[&str], rules: &[&str]) -> (usize, usize) {
    let options = SuiteOptions { rules: rules.iter().map(Into::into).collect(), ..SuiteOptions::default() };
    let suite = TestSuite::load(paths, &options).unwrap();
    let results = run(&suite.cases, RunSettings::default(), &|_, _| ()).unwrap();
    let report = mutate(&suite.cases, &results, 0).unwrap();
    let group = &suite.cases[0].group;
    for rule in group.rules() {
        let of_rule = report.rules.iter().find(|of| of.id == rule.meta.id).unwrap();
        let mut unnoticed: Vec<&str> = of_rule.unnoticed.iter().map(|mutant| mutant.query.as_str()).collect();
        for mutant in mutants(&rule.source) {
            let query = eql::compile(&mutant.query).query.unwrap();
            let is_noticed = suite.cases.iter().any(|case| {
                case.clocks.iter().any(|&clock| {
                    let index = case.group.rules().iter().position(|of| of.meta.id == rule.meta.id).unwrap();
                    let found = scanned(case, clock, rule, query.clone());
                    let found: Vec<_> = found.into_iter().map(|alert| RecordedAlert { rule: index, ..alert }).collect();
                    !compare_alerts(&case.expected, clock, &found).is_empty()
                })
            });
            let said = !unnoticed.contains(&mutant.query.as_str());
            assert_eq!(said, is_noticed, "{}: {}", mutant.description, mutant.query);
            unnoticed.retain(|query| *query != mutant.query);
        }
        assert!(unnoticed.is_empty(), "not among the mutants: {unnoticed:?}");
    }
    (report.noticed(), report.all())
}

#[test]
fn what_is_said_of_mutants_is_what_scans_of_them_find() {
    let (noticed, all) = check(&["tests/cli/detections/scriptlet.test.toml"], &[]);
    assert!(noticed > 10 && noticed < all, "{noticed} of {all}");
    let scenarios =
        ["samples/scenarios/regsvr32.toml", "samples/scenarios/two-hosts.toml", "samples/scenarios/dns.toml"];
    let (noticed, all) = check(&scenarios, &[]);
    assert!(noticed > 10 && noticed < all, "{noticed} of {all}");
}

#[test]
fn mutants_are_asked_by_scans_where_exceptions_have_a_say() {
    let folder = tempfile::tempdir().unwrap();
    let samples = std::path::absolute("samples").unwrap();
    let quoted = |path: &std::path::Path| serde_json::to_string(&path.to_string_lossy()).unwrap();
    let known = folder.path().join("known.toml");
    std::fs::write(&known, "[[exception]]\nname = \"known\"\nwhere = 'destination.port == 80'\n").unwrap();
    std::fs::write(folder.path().join("a.eql"), "sequence by process.entity_id [process where process.name : \"regsvr32.exe\"] [network where destination.port == 80]").unwrap();
    let test = format!(
        "[[test]]\nname = \"all of it is known\"\nrules = [\"a.eql\"]\nevidence = [{}]\nexceptions = [\"known.toml\"]\n[test.expect]\nnone = true\nsuppressed = 1\n",
        quoted(&samples.join("regsvr32.evtx"))
    );
    let path = folder.path().join("a.test.toml");
    std::fs::write(&path, test).unwrap();
    let suite = TestSuite::load([path], &SuiteOptions::default()).unwrap();
    let results = run(&suite.cases, RunSettings::default(), &|_, _| ()).unwrap();
    assert!(results[0].failures.is_empty(), "{:#?}", results[0].failures);
    let report = mutate(&suite.cases, &results, 0).unwrap();
    let unnoticed: Vec<&str> = report.rules[0].unnoticed.iter().map(|mutant| mutant.description.as_str()).collect();
    // Negated, the port leaves nothing for the exception to take away.
    assert!(report.noticed() > 0 && !unnoticed.iter().any(|change| change.starts_with("negate")), "{unnoticed:?}");
}
