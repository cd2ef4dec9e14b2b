//! A test file becomes tests: evidence is looked for and forged, rules are loaded, and what can never hold is told with its place.

use super::codes;
use super::expectation::{AlertExpectation, AlertListing, EventExpectation, Expectations, FaultExpectation, RuleCount};
use super::fields::{FieldExpectation, as_json};
use super::file::{TestCase, TestFile, TestFileKind};
use super::rule_group::{GroupKey, RuleGroup, RuleGroups, RuleSource, rule_source};
use super::table::{
    AlertTable, EventTable, ExpectTable, FaultTable, ReadTestFile, ScenarioTable, TestClock, TestFileTable, TestTable,
    read_scenario, read_test_file, span,
};
use crate::base::number::counted;
use crate::base::{Span, text_file};
use crate::diag::Diagnostic;
use crate::eql::{self, Query};
use crate::event::Clock;
use crate::forge::{ForgeError, Scenario};
use crate::sysmon::Mapping;
use hashbrown::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// Turns test files into tests.
pub struct Resolver<'s> {
    /// The rules of all tests.
    pub groups: &'s mut RuleGroups,
    /// Rules for tests that name none, and where rules are looked for by id or name.
    pub default_rules: Vec<RuleSource>,
    /// The folder that forged evidence goes to.
    pub forged: &'s Path,
    /// How many folders of forged evidence there are.
    pub folders: usize,
}

/// A test file while its tests are made, with everything found in it.
struct FileResolver<'r, 's> {
    resolver: &'r mut Resolver<'s>,
    file: Arc<TestFile>,
    folder: PathBuf,
    /// Forged scenarios, by path.
    forged: HashMap<PathBuf, PathBuf>,
    findings: Vec<Diagnostic>,
}

fn error(code: crate::diag::Code, at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, at, message)
}

impl Resolver<'_> {
    /// The tests of a file, and what is wrong with it.
    pub fn file(&mut self, file: &Arc<TestFile>) -> (Vec<TestCase>, Vec<Diagnostic>) {
        let folder = file.path.parent().map(Path::to_owned).unwrap_or_default();
        let mut of_file =
            FileResolver { resolver: self, file: file.clone(), folder, forged: HashMap::new(), findings: Vec::new() };
        let cases = match file.kind {
            TestFileKind::Tests => of_file.tests(),
            TestFileKind::Scenario => of_file.scenario().into_iter().collect(),
        };
        let mut findings = of_file.findings;
        // Tests are made one after the other, and each has findings all over the file.
        findings.sort_by_key(|found| found.span);
        (cases, findings)
    }
}

impl FileResolver<'_, '_> {
    fn tests(&mut self) -> Vec<TestCase> {
        let file = self.file.clone();
        let ReadTestFile { file: table, inline } = match read_test_file(&file.text) {
            Ok(read) => read,
            Err((message, at)) => {
                self.findings.push(error(codes::TEST_FILE, at, message));
                return Vec::new();
            }
        };
        if table.tests.is_empty() {
            self.findings.push(error(codes::NO_TEST, Span::default(), "there is no [[test]] in this file"));
        }
        let mut names: HashMap<&str, ()> = HashMap::new();
        for test in &table.tests {
            let name = &test.get_ref().name;
            if names.insert(name.get_ref(), ()).is_some() {
                let message = format!("two tests are called '{}'", name.get_ref());
                self.findings.push(error(codes::DUPLICATE_TEST, span(name.span()), message));
            }
        }
        let tests = table.tests.iter().zip(inline).enumerate();
        tests
            .filter_map(|(position, (test, inline))| {
                let scenario = inline.map(|inline| Scenario::of_table(inline, &file.text, &file.shown()));
                self.test(position, test.get_ref(), &table, scenario)
            })
            .collect()
    }

    fn test(
        &mut self,
        position: usize,
        test: &TestTable,
        table: &TestFileTable,
        inline: Option<Result<Scenario, ForgeError>>,
    ) -> Option<TestCase> {
        let at = span(test.name.span());
        let name = test.name.get_ref().clone();
        let evidence = self.evidence(test, table, inline, at);
        let mapping = test.mapping.or(table.mapping).map(Into::into).unwrap_or_default();
        let clocks = test.clock.or(table.clock).unwrap_or(TestClock::Logged).clocks();
        let exceptions = self.exceptions(test.exceptions.as_ref().unwrap_or(&table.exceptions));
        let no_rules = Vec::new();
        let of_file = table.rules.as_ref().unwrap_or(&no_rules);
        let written = test.rules.as_ref().unwrap_or(of_file);
        let (rules, pool) = self.rules(written, of_file);
        let key = GroupKey { rules, pool, exceptions, mapping };
        let group = self.group(&key, written, at)?;
        let has_exceptions = group.has_exceptions;
        let expected =
            ExpectationResolver { group: &group, clocks: &clocks, at, has_exceptions, findings: &mut self.findings }
                .resolve(&test.expect);
        let file = self.file.clone();
        Some(TestCase { name, file, position, span: at, group, evidence, clocks, mapping, expected })
    }

    /// The rules that a test names, and where those are looked for that it names by id.
    fn rules(&self, written: &[Spanned<String>], of_file: &[Spanned<String>]) -> (Vec<RuleSource>, Vec<RuleSource>) {
        let source = |word: &Spanned<String>| rule_source(word.get_ref(), &self.folder);
        let mut rules: Vec<RuleSource> = written.iter().map(source).collect();
        // Where the file says, then in the rules of the command line, then among the built-in ones.
        let mut pool: Vec<RuleSource> = of_file.iter().map(source).collect();
        pool.extend(self.resolver.default_rules.iter().cloned());
        pool.push(RuleSource::Builtin);
        if rules.is_empty() {
            rules.clone_from(&self.resolver.default_rules);
        }
        pool.dedup();
        (rules, pool)
    }

    /// The rules of a test; what is wrong with them is told.
    fn group(&mut self, key: &GroupKey, written: &[Spanned<String>], at: Span) -> Option<Arc<RuleGroup>> {
        match self.resolver.groups.get(key) {
            Ok(group) => Some(group),
            Err(findings) => {
                for (position, mut found) in findings {
                    // The group knows no test file: it says which of the names is wrong, and only here is it known where that stands.
                    found.span = written.get(position).map_or(at, |word| span(word.span()));
                    self.findings.push(found);
                }
                None
            }
        }
    }

    fn exceptions(&mut self, written: &[Spanned<String>]) -> Vec<PathBuf> {
        let path = |word: &Spanned<String>| (self.folder.join(word.get_ref()), span(word.span()));
        let (there, missing): (Vec<_>, Vec<_>) = written.iter().map(path).partition(|(path, _)| path.is_file());
        for (path, at) in missing {
            let message = format!("there is no file of exceptions {}", path.display());
            self.findings.push(error(codes::MISSING_RULE, at, message));
        }
        there.into_iter().map(|(path, _)| path).collect()
    }

    fn evidence(
        &mut self,
        test: &TestTable,
        table: &TestFileTable,
        inline: Option<Result<Scenario, ForgeError>>,
        at: Span,
    ) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        let before = self.findings.len();
        if let Some(scenario) = inline {
            paths.extend(self.forge(scenario));
        }
        if let Some(documents) = &test.documents {
            paths.extend(self.documents(documents));
        }
        // Evidence of its own that is wrong counts as well: to run the test over the file's evidence instead would report alerts that nobody asked about.
        let has_own = !paths.is_empty() || self.findings.len() > before;
        let named = match &test.evidence {
            Some(own) => own.as_slice(),
            // What stands in the test itself takes the place of the evidence of the file.
            None if has_own => &[],
            None => &table.evidence,
        };
        for word in named {
            let path = self.folder.join(word.get_ref());
            if !path.exists() {
                let message = format!("there is no evidence {}", path.display());
                self.findings.push(error(codes::MISSING_EVIDENCE, span(word.span()), message));
            } else if path.is_file() && path.extension().is_some_and(|ending| ending == "toml") {
                paths.extend(self.forge_file(&path, span(word.span())));
            } else {
                paths.push(path);
            }
        }
        if paths.is_empty() && self.findings.len() == before {
            let found = error(codes::MISSING_EVIDENCE, at, "the test has no evidence");
            self.findings.push(found.help("name files in `evidence`, or write `[[test.event]]` or `documents`"));
        }
        paths
    }

    /// Forges the files of a scenario that a test names, once for all tests of the file.
    fn forge_file(&mut self, path: &Path, at: Span) -> Option<PathBuf> {
        if let Some(known) = self.forged.get(path) {
            return Some(known.clone());
        }
        let text = match text_file::read(path) {
            Ok(text) => text,
            Err(reason) => {
                let message = format!("{} cannot be read: {reason}", path.display());
                self.findings.push(error(codes::MISSING_EVIDENCE, at, message));
                return None;
            }
        };
        let built = Scenario::parse(&text, &path.display().to_string()).and_then(|scenario| scenario.build());
        match built {
            Ok(files) => {
                let folder = self.write(files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())), at)?;
                self.forged.insert(path.to_owned(), folder.clone());
                Some(folder)
            }
            Err(reason) => {
                self.findings.push(error(codes::BAD_SCENARIO, at, reason.to_string()));
                None
            }
        }
    }

    /// Forges events that stand in this file, where the places of problems are too.
    fn forge(&mut self, scenario: Result<Scenario, ForgeError>) -> Option<PathBuf> {
        match scenario.and_then(|scenario| scenario.build()) {
            Ok(files) => {
                self.write(files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())), Span::default())
            }
            Err(ForgeError { line, column, problem, .. }) => {
                let at = offset(&self.file.text, line, column);
                self.findings.push(error(codes::BAD_SCENARIO, Span::new(at, at), problem.to_string()));
                None
            }
        }
    }

    fn documents(&mut self, documents: &Spanned<String>) -> Option<PathBuf> {
        let text = documents.get_ref();
        let wrong = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .find_map(|line| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).err());
        if let Some(reason) = wrong {
            let message = format!("`documents` has one JSON document a line, and one is none: {reason}");
            self.findings.push(error(codes::BAD_SCENARIO, span(documents.span()), message));
            return None;
        }
        self.write(std::iter::once(("documents.ndjson", text.as_bytes())), span(documents.span()))
    }

    /// Writes evidence to a folder of its own.
    fn write<'f>(&mut self, files: impl Iterator<Item = (&'f str, &'f [u8])>, at: Span) -> Option<PathBuf> {
        let folder = self.resolver.forged.join(self.resolver.folders.to_string());
        self.resolver.folders += 1;
        let written = std::fs::create_dir_all(&folder).and_then(|()| {
            for (name, bytes) in files {
                // Only the name: a scenario is not to write elsewhere.
                let name = Path::new(name).file_name().unwrap_or_default();
                std::fs::write(folder.join(name), bytes)?;
            }
            Ok(())
        });
        if let Err(reason) = written {
            let message = format!("cannot write the evidence to {}: {reason}", folder.display());
            self.findings.push(error(codes::BAD_SCENARIO, at, message));
            return None;
        }
        Some(folder)
    }

    fn scenario(&mut self) -> Option<TestCase> {
        let file = self.file.clone();
        let ScenarioTable { title, rules, expect } = match read_scenario(&file.text) {
            Ok(read) => read,
            Err((message, at)) => {
                self.findings.push(error(codes::TEST_FILE, at, message));
                return None;
            }
        };
        let at = span(title.span());
        let evidence = self.forge(Scenario::parse(&file.text, &file.shown())).into_iter().collect();
        let written = rules.unwrap_or_default();
        let (rules, pool) = self.rules(&written, &[]);
        let key = GroupKey { pool, rules, exceptions: Vec::new(), mapping: Mapping::default() };
        let group = self.group(&key, &written, at)?;
        let clocks = TestClock::Both.clocks();
        let expected = ExpectationResolver {
            group: &group,
            clocks: &clocks,
            at,
            has_exceptions: false,
            findings: &mut self.findings,
        }
        .resolve(&expect);
        let name = title.get_ref().clone();
        let mapping = Mapping::default();
        Some(TestCase { name, file, position: 0, span: at, group, evidence, clocks, mapping, expected })
    }
}

/// The offset of a line and column.
fn offset(text: &str, line: usize, column: usize) -> u32 {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let within: usize = text[start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    u32::try_from(start + within).unwrap_or(u32::MAX)
}

/// Turns the table of expectations of one test into what can be compared.
struct ExpectationResolver<'r> {
    group: &'r RuleGroup,
    clocks: &'r [Clock],
    /// The place of the test.
    at: Span,
    has_exceptions: bool,
    findings: &'r mut Vec<Diagnostic>,
}

impl ExpectationResolver<'_> {
    fn resolve(&mut self, table: &ExpectTable) -> Expectations {
        let alerts: Vec<AlertExpectation> = table.alerts.iter().map(|alert| self.alert(alert)).collect();
        let is_set = |flag: &Option<Spanned<bool>>| flag.as_ref().is_some_and(|flag| *flag.get_ref());
        let (none, at_least) = (is_set(&table.none), is_set(&table.at_least));
        let listing = match (none, at_least, alerts.is_empty()) {
            (false, true, _) => AlertListing::AtLeast,
            (false, false, true) => AlertListing::Unstated,
            (true, ..) | (false, false, false) => AlertListing::Exact,
        };
        let count = |count: &Spanned<usize>| (*count.get_ref(), span(count.span()));
        let counts = table.counts.iter().map(|(rule, count)| self.count_of_rule(rule, count)).collect();
        let expected = Expectations {
            listing,
            count: table.count.as_ref().map(count),
            counts,
            suppressed: table.suppressed.as_ref().map(count),
            faults: table.faults.iter().map(fault).collect(),
            events: table.events.iter().map(|event| self.event(event)).collect(),
            alerts,
        };
        self.contradictions(table, &expected, none);
        if at_least && expected.alerts.is_empty() {
            let at = table.at_least.as_ref().map_or(self.at, |flag| span(flag.span()));
            self.findings.push(error(codes::NO_ASSERTION, at, "`at_least` without an alert asserts nothing"));
        } else if expected.asserts_nothing() {
            let found = error(codes::NO_ASSERTION, self.at, "the test asserts nothing");
            self.findings
                .push(found.help("say which alerts there are: `[[test.expect.alert]]`, or `expect.none = true`"));
        }
        expected
    }

    fn contradictions(&mut self, table: &ExpectTable, expected: &Expectations, none: bool) {
        let mut never = |at: Span, message: String| self.findings.push(error(codes::NEVER_HOLDS, at, message));
        if none && let Some(alert) = expected.alerts.first() {
            never(alert.span, "an alert is expected beside `none = true`".to_owned());
        }
        if none && let Some(flag) = table.at_least.as_ref().filter(|flag| *flag.get_ref()) {
            never(span(flag.span()), "`at_least` and `none` exclude each other".to_owned());
        }
        for clock in self.clocks {
            let listed = expected.alerts_by(*clock).count();
            let is_exact = expected.listing == AlertListing::Exact;
            if let Some((count, at)) = expected.count
                && (count < listed || (is_exact && count != listed))
            {
                never(at, format!("{count} alerts are expected, and {listed} are listed"));
                break;
            }
            let of_rule = |of: &RuleCount| expected.alerts_by(*clock).filter(|alert| alert.rules == of.rules).count();
            let wrong = expected.counts.iter().map(|of| (of, of_rule(of)));
            for (of, listed) in wrong.filter(|(of, listed)| of.count < *listed || (is_exact && of.count != *listed)) {
                never(of.span, format!("{} alerts of '{}' are expected, and {listed} are listed", of.count, of.rule));
            }
        }
        if let Some((count, at)) = expected.suppressed
            && count > 0
            && !self.has_exceptions
        {
            never(at, "no exception of the test takes alerts away: name files in `exceptions`".to_owned());
        }
    }

    /// The loaded rules that a word means.
    fn rules(&mut self, word: &Spanned<String>) -> Vec<usize> {
        let rules = self.group.named(word.get_ref());
        if rules.is_empty() {
            let message = format!("no rule of the test has the id or name '{}'", word.get_ref());
            let help = match self.group.rules() {
                [] => "the test loads no rule".to_owned(),
                [only] => format!("the test loads only '{}'", only.meta.name),
                many => format!("the test loads {} rules; `evql rules list` shows ids and names", many.len()),
            };
            self.findings.push(error(codes::NEVER_HOLDS, span(word.span()), message).help(help));
        }
        rules
    }

    fn count_of_rule(&mut self, rule: &Spanned<String>, count: &Spanned<usize>) -> RuleCount {
        let rules = self.rules(rule);
        RuleCount { rule: rule.get_ref().clone(), rules, count: *count.get_ref(), span: span(count.span()) }
    }

    fn alert(&mut self, table: &Spanned<AlertTable>) -> AlertExpectation {
        let alert = table.get_ref();
        let rules = self.rules(&alert.rule);
        let shapes: Vec<(Option<usize>, usize)> =
            rules.iter().map(|&rule| shape(&self.group.rules()[rule].query)).collect();
        let mut expect =
            |given: usize, at: Span, of: fn(&(Option<usize>, usize)) -> Option<usize>, owner: &str, noun: &str| {
                let wrong = shapes
                    .iter()
                    .map(of)
                    .find(|_| shapes.iter().all(|shape| of(shape).is_some_and(|has| has != given)));
                if let Some(Some(has)) = wrong {
                    let (rule, has) = (alert.rule.get_ref(), counted(has as u64, noun));
                    let message = format!("{owner} '{rule}' has {has}, and {given} are given");
                    self.findings.push(error(codes::NEVER_HOLDS, at, message));
                }
            };
        if let Some(records) = &alert.records {
            expect(records.get_ref().len(), span(records.span()), |shape| shape.0, "an alert of", "record");
        }
        if let Some(keys) = &alert.keys {
            expect(keys.get_ref().len(), span(keys.span()), |shape| Some(shape.1), "the rule", "join key");
        }
        let clocks = alert.clock.map_or_else(|| self.clocks.to_vec(), TestClock::clocks);
        if !clocks.iter().any(|clock| self.clocks.contains(clock)) {
            let message = "the test does not run by the clock of this alert";
            self.findings.push(error(codes::NEVER_HOLDS, span(table.span()), message));
        }
        AlertExpectation {
            rule: alert.rule.get_ref().clone(),
            rules,
            host: alert.host.as_ref().map(|host| host.get_ref().clone()),
            records: alert.records.as_ref().map(|records| records.get_ref().clone()),
            keys: alert.keys.as_ref().map(|keys| keys.get_ref().iter().map(as_json).collect()),
            fields: FieldExpectation::of_table(&alert.fields),
            clocks,
            span: span(table.span()),
        }
    }

    fn event(&mut self, table: &Spanned<EventTable>) -> EventExpectation {
        let event = table.get_ref();
        let at = span(table.span());
        if event.record.is_none() && event.condition.is_none() && event.host.is_none() {
            let found = error(codes::NO_ASSERTION, at, "it is not said which event is meant");
            self.findings.push(found.help("give its `record`, its `host`, or a condition in `where`"));
        }
        if event.fields.is_empty() && event.count.is_none() {
            let found = error(codes::NO_ASSERTION, at, "nothing is said about the event");
            self.findings.push(found.help("give its `fields`, or how many there are in `count`"));
        }
        if let Some(count) = event.count.as_ref().filter(|count| *count.get_ref() == 0)
            && !event.fields.is_empty()
        {
            let message = "there are fields of events of which there are none";
            self.findings.push(error(codes::NEVER_HOLDS, span(count.span()), message));
        }
        let condition = event.condition.as_ref().and_then(|written| {
            let compiled = eql::compile(&format!("any where {}", written.get_ref()));
            if let Some(Query::Event(query)) = compiled.query {
                return Some(query.predicate().clone());
            }
            let reason = compiled.diagnostics.iter().find(|found| found.is_error());
            let reason = reason.map_or("it is no condition", |found| found.message.as_str());
            let message = format!("the condition is wrong: {reason}");
            self.findings.push(error(codes::TEST_FILE, span(written.span()), message));
            None
        });
        EventExpectation {
            record: event.record.as_ref().map(|record| *record.get_ref()),
            host: event.host.as_ref().map(|host| host.get_ref().clone()),
            condition,
            fields: FieldExpectation::of_table(&event.fields),
            exact: event.exact,
            count: event.count.as_ref().map(|count| *count.get_ref()),
            span: at,
        }
    }
}

fn fault(table: &Spanned<FaultTable>) -> FaultExpectation {
    let fault = table.get_ref();
    FaultExpectation {
        file: fault.file.get_ref().clone(),
        chunk: fault.chunk,
        reason: fault.reason.as_ref().map(|reason| reason.get_ref().clone()),
        span: span(table.span()),
    }
}

/// How many events an alert of a query has, and how many join keys. What counts events shows as many as it takes, of which nothing is known before.
fn shape(query: &Query) -> (Option<usize>, usize) {
    let events = match query {
        Query::Threshold(_) | Query::Correlation(_) => None,
        _ => Some(query.needed_filters().len()),
    };
    (events, query.filters().first().map_or(0, |filter| filter.keys().len()))
}
