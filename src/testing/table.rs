//! The TOML of a test file: which keys there are, and the place of each. What they mean together is `resolve`'s business.
//!
//! Events that stand in a test itself are written as in a scenario (`samples/README.md`). They are taken out before serde sees the test, because a scenario has
//! a reader of its own; their places stay those of the test file.

use crate::base::Span;
use crate::event::Clock;
use crate::sysmon::Mapping;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

/// Keys of a test that are those of a scenario.
const SCENARIO_KEYS: [&str; 4] = ["file", "process", "event", "damage"];

/// Fields with values, as they are written: dotted names, or tables in tables.
pub type FieldTable = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFileTable {
    pub rules: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub evidence: Vec<Spanned<String>>,
    #[serde(default)]
    pub exceptions: Vec<Spanned<String>>,
    pub clock: Option<TestClock>,
    pub mapping: Option<TestMapping>,
    #[serde(default, rename = "test")]
    pub tests: Vec<Spanned<TestTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestTable {
    pub name: Spanned<String>,
    pub rules: Option<Vec<Spanned<String>>>,
    pub evidence: Option<Vec<Spanned<String>>>,
    pub documents: Option<Spanned<String>>,
    pub exceptions: Option<Vec<Spanned<String>>>,
    pub clock: Option<TestClock>,
    pub mapping: Option<TestMapping>,
    #[serde(default)]
    pub expect: ExpectTable,
}

/// A scenario, as far as it is a test.
#[derive(Debug, Deserialize)]
pub struct ScenarioTable {
    pub title: Spanned<String>,
    pub rules: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub expect: ExpectTable,
}

/// The order of events that a test asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestClock {
    Logged,
    Utc,
    Both,
}

impl TestClock {
    /// The clocks under which the test runs.
    pub fn clocks(self) -> Vec<Clock> {
        match self {
            Self::Logged => vec![Clock::Logged],
            Self::Utc => vec![Clock::Utc],
            Self::Both => vec![Clock::Logged, Clock::Utc],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestMapping {
    Integration,
    Winlogbeat,
}

impl From<TestMapping> for Mapping {
    fn from(mapping: TestMapping) -> Self {
        match mapping {
            TestMapping::Integration => Self::Integration,
            TestMapping::Winlogbeat => Self::Winlogbeat,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    pub none: Option<Spanned<bool>>,
    pub at_least: Option<Spanned<bool>>,
    pub count: Option<Spanned<usize>>,
    #[serde(default)]
    pub counts: BTreeMap<Spanned<String>, Spanned<usize>>,
    pub suppressed: Option<Spanned<usize>>,
    #[serde(default, rename = "alert")]
    pub alerts: Vec<Spanned<AlertTable>>,
    #[serde(default, rename = "fault")]
    pub faults: Vec<Spanned<FaultTable>>,
    #[serde(default, rename = "event")]
    pub events: Vec<Spanned<EventTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertTable {
    pub rule: Spanned<String>,
    pub host: Option<Spanned<String>>,
    pub records: Option<Spanned<Vec<u64>>>,
    pub keys: Option<Spanned<Vec<toml::Value>>>,
    #[serde(default)]
    pub fields: FieldTable,
    pub clock: Option<TestClock>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultTable {
    pub file: Spanned<String>,
    pub chunk: Option<u64>,
    pub reason: Option<Spanned<String>>,
    /// Records that cannot be read any more, which the writer of a scenario knows and no reader can: they are part of no comparison.
    #[serde(default, rename = "lost")]
    _lost: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    pub record: Option<Spanned<u64>>,
    pub host: Option<Spanned<String>>,
    #[serde(rename = "where")]
    pub condition: Option<Spanned<String>>,
    #[serde(default)]
    pub fields: FieldTable,
    #[serde(default)]
    pub exact: bool,
    pub count: Option<Spanned<usize>>,
}

/// The span of a part of the text.
pub fn span(range: Range<usize>) -> Span {
    let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(clamp(range.start), clamp(range.end))
}

/// A test file that was read: its keys, and for each test the scenario of its inline events.
pub struct ReadTestFile<'text> {
    pub file: TestFileTable,
    pub inline: Vec<Option<DeTable<'text>>>,
}

/// Reads a test file; a problem comes with its place.
pub fn read_test_file(text: &str) -> Result<ReadTestFile<'_>, (String, Span)> {
    let mut root = DeTable::parse(text).map_err(|error| problem(&error))?;
    let mut inline = Vec::new();
    if let Some(DeValue::Array(tests)) = root.get_mut().get_mut("test").map(Spanned::get_mut) {
        for test in tests.iter_mut() {
            let place = test.span();
            inline.push(match test.get_mut() {
                DeValue::Table(keys) => take_scenario(keys, place),
                _ => None,
            });
        }
    }
    let file = TestFileTable::deserialize(toml::Deserializer::from(root)).map_err(|error| problem(&error))?;
    Ok(ReadTestFile { file, inline })
}

/// Reads what a scenario says about its alerts; all else is the scenario's own.
pub fn read_scenario(text: &str) -> Result<ScenarioTable, (String, Span)> {
    toml::from_str(text).map_err(|error| problem(&error))
}

fn problem(error: &toml::de::Error) -> (String, Span) {
    (error.message().to_owned(), span(error.span().unwrap_or(0..0)))
}

/// Moves the events that stand in a test into a scenario. One file on one host needs no words: it is made up.
fn take_scenario<'text>(test: &mut DeTable<'text>, place: Range<usize>) -> Option<DeTable<'text>> {
    let mut scenario = DeTable::new();
    for key in SCENARIO_KEYS {
        let key = Spanned::new(place.clone(), DeString::Borrowed(key));
        if let Some((key, value)) = test.remove_entry(&key) {
            scenario.insert(key, value);
        }
    }
    if scenario.is_empty() {
        return None;
    }
    let put = |table: &mut DeTable<'text>, key: &'static str, value: DeValue<'text>| {
        table.insert(Spanned::new(place.clone(), DeString::Borrowed(key)), Spanned::new(place.clone(), value));
    };
    if !scenario.contains_key("file") {
        let mut file = DeTable::new();
        put(&mut file, "name", DeValue::String(DeString::Borrowed("inline.evtx")));
        put(&mut file, "host", DeValue::String(DeString::Borrowed("host.example")));
        let mut files = DeArray::new();
        files.push(Spanned::new(place.clone(), DeValue::Table(file)));
        put(&mut scenario, "file", DeValue::Array(files));
    }
    put(&mut scenario, "title", DeValue::String(DeString::Borrowed("inline events")));
    Some(scenario)
}
