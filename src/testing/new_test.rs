//! A first test file, written from what a scan has found: the way from a sample to a test that holds it.

use super::recorded::{RecordedAlert, RecordedFault};
use crate::event::Clock;
use crate::sysmon::Mapping;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// Everything that a first test file says.
///
/// ```
/// use evql::testing::{NewTest, RecordedAlert};
///
/// let results = evql::Scanner::builder().build()?.scan(["samples/regasm.evtx"])?;
/// let alerts = results.alerts().map(|found| RecordedAlert::new(found.rule(), found.alert())).collect();
/// let test = NewTest {
///     name: "RegAsm.exe connects".to_owned(),
///     rules: vec!["builtin".to_owned()],
///     evidence: vec!["regasm.evtx".to_owned()],
///     alerts,
///     ..NewTest::default()
/// };
/// assert!(test.to_toml().contains("records = [311, 313]"));
/// # Ok::<(), evql::ScannerError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct NewTest {
    /// The name of the test.
    pub name: String,
    /// Rules as the test file names them: `builtin`, paths relative to the folder of the test file, ids or names.
    pub rules: Vec<String>,
    /// Evidence, by paths relative to the folder of the test file.
    pub evidence: Vec<String>,
    /// Files of exceptions, by paths relative to the folder of the test file.
    pub exceptions: Vec<String>,
    /// The clock that orders events.
    pub clock: Clock,
    /// Whose documents events become.
    pub mapping: Mapping,
    /// The alerts that were found; none makes a test that there must be none.
    pub alerts: Vec<RecordedAlert>,
    /// How many alerts exceptions took away.
    pub suppressed: usize,
    /// The faults of the evidence.
    pub faults: Vec<RecordedFault>,
}

impl NewTest {
    /// The text of a test file with this one test.
    pub fn to_toml(&self) -> String {
        let mut test = Table::new();
        test["name"] = value(self.name.as_str());
        test["evidence"] = value(texts(&self.evidence));
        if self.clock == Clock::Utc {
            test["clock"] = value("utc");
        }
        if self.mapping == Mapping::Winlogbeat {
            test["mapping"] = value("winlogbeat");
        }
        if !self.exceptions.is_empty() {
            test["exceptions"] = value(texts(&self.exceptions));
        }
        let mut expect = Table::new();
        expect.set_implicit(true);
        if self.alerts.is_empty() {
            expect["none"] = value(true);
        }
        if self.suppressed > 0 {
            expect["suppressed"] = value(integer(self.suppressed));
        }
        let alerts: ArrayOfTables = self.alerts.iter().map(alert_table).collect();
        if !alerts.is_empty() {
            expect["alert"] = Item::ArrayOfTables(alerts);
        }
        let faults: ArrayOfTables = self.faults.iter().filter(|fault| !fault.is_harmless).map(fault_table).collect();
        if !faults.is_empty() {
            expect["fault"] = Item::ArrayOfTables(faults);
        }
        test["expect"] = Item::Table(expect);
        let mut tests = ArrayOfTables::new();
        tests.push(test);
        let mut document = DocumentMut::new();
        document["rules"] = value(texts(&self.rules));
        document["test"] = Item::ArrayOfTables(tests);
        document.to_string()
    }
}

/// An alert as a test file states it. The name of its rule stands beside the id, since an id tells people nothing.
pub fn alert_table(alert: &RecordedAlert) -> Table {
    let mut table = Table::new();
    table["rule"] = value(alert.rule_id.as_str());
    if !alert.rule_name.is_empty() && alert.rule_name != alert.rule_id {
        comment(&mut table, "rule", &alert.rule_name);
    }
    if let Some(host) = &alert.host {
        table["host"] = value(host.as_str());
    }
    if let Some(records) = alert.all_records() {
        table["records"] = value(numbers(&records));
    }
    if !alert.keys.is_empty() {
        table["keys"] = value(alert.keys.iter().map(from_json).collect::<Array>());
    }
    table
}

/// A fault as a test file states it.
pub fn fault_table(fault: &RecordedFault) -> Table {
    let mut table = Table::new();
    table["file"] = value(fault.file_name());
    if let Some(chunk) = fault.chunk {
        table["chunk"] = value(i64::try_from(chunk).unwrap_or(i64::MAX));
    }
    table["reason"] = value(fault.reason.as_str());
    table
}

/// Puts a comment behind a value; a text from a rule must not end it.
fn comment(table: &mut Table, key: &str, text: &str) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some(value) = table.get_mut(key).and_then(Item::as_value_mut) {
        value.decor_mut().set_suffix(format!(" # {line}"));
    }
}

fn texts(all: &[String]) -> Array {
    all.iter().map(String::as_str).collect()
}

/// Record numbers as TOML has them.
pub fn numbers(all: &[u64]) -> Array {
    all.iter().map(|&number| i64::try_from(number).unwrap_or(i64::MAX)).collect()
}

/// A count as TOML has it.
pub fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A value of JSON as TOML has it; what TOML does not know becomes text.
pub fn from_json(json: &serde_json::Value) -> toml_edit::Value {
    match json {
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Bool(flag) => (*flag).into(),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => integer.into(),
            (None, Some(float)) => float.into(),
            (None, None) => number.to_string().into(),
        },
        serde_json::Value::Array(all) => toml_edit::Value::Array(all.iter().map(from_json).collect()),
        other => other.to_string().into(),
    }
}
