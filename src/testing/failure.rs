//! A difference between a run and its test, in words: a line that says what is wrong, and lines that show it.

use super::compare::{Mismatch, RunFindings};
use super::expectation::AlertExpectation;
use super::file::TestCase;
use super::near_miss::NearMiss;
use super::recorded::{RecordedAlert, RecordedFault};
use crate::base::Span;
use crate::base::escape::terminal;
use crate::ecs;
use crate::event::{Clock, Event};

/// Longest value that is shown on a card, in characters.
const MOST: usize = 300;

/// One thing that is not as expected. Its texts may quote evidence, and are made safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// The failure in one line.
    pub message: String,
    /// Details that show it, line by line.
    pub details: Vec<String>,
    /// Where the test expects otherwise; the place of the test, if it says nothing of it.
    pub span: Span,
}

/// Describes a difference.
pub fn describe(mismatch: &Mismatch, case: &TestCase, found: &RunFindings, near: &NearMiss<'_>) -> TestFailure {
    let expected = &case.expected;
    let (message, details, span) = match mismatch {
        Mismatch::Missing(at) => {
            let alert = &expected.alerts[*at];
            (format!("expected alert is missing: {}", of_expected(alert, case)), near.explain(alert), alert.span)
        }
        Mismatch::Different(at, other) => {
            let (alert, other) = (&expected.alerts[*at], &found.alerts[*other]);
            let message = format!("alert differs: {}", of_expected(alert, case));
            let mut lines = alert.differences(other);
            if alert.records.is_some() && alert.records != other.all_records() {
                lines.push("of the expected records:".to_owned());
                lines.extend(near.explain(alert).into_iter().map(|line| format!("  {line}")));
            }
            (message, lines, alert.span)
        }
        Mismatch::Unexpected(at) => {
            let alert = &found.alerts[*at];
            (format!("unexpected alert: {}", of_found(alert)), card(alert, near.clock), case.span)
        }
        Mismatch::Number { noun, expected, actual, span } => {
            let list = found.alerts.iter().map(of_found).collect();
            (format!("{noun}: expected {expected}, found {actual}"), list, *span)
        }
        Mismatch::MissingFault(at) => {
            let fault = &expected.faults[*at];
            let list = found.faults.iter().map(of_fault).collect();
            (format!("expected fault is missing: {}", fault.file), list, fault.span)
        }
        Mismatch::UnexpectedFault(at) => {
            (format!("unexpected fault: {}", of_fault(&found.faults[*at])), Vec::new(), case.span)
        }
        Mismatch::Event { position, lines } => {
            let event = &expected.events[*position];
            let which = event.record.map_or_else(String::new, |record| format!(" record {record}"));
            (format!("event{which} is not as expected"), lines.clone(), event.span)
        }
    };
    let by = if case.clocks.len() > 1 { format!(" (by the clock {})", clock_name(near.clock)) } else { String::new() };
    let safe = |line: String| terminal(&line).into_owned();
    TestFailure { message: safe(message + &by), details: details.into_iter().map(safe).collect(), span }
}

/// The name of a clock, as options and test files have it.
pub const fn clock_name(clock: Clock) -> &'static str {
    match clock {
        Clock::Logged => "logged",
        Clock::Utc => "utc",
    }
}

fn of_expected(alert: &AlertExpectation, case: &TestCase) -> String {
    // An id tells people nothing.
    let rule = alert.rules.first().map_or(&alert.rule, |&rule| &case.group.rules()[rule].meta.name);
    let host = alert.host.as_ref().map_or_else(String::new, |host| format!(" on {host}"));
    let records = alert.records.as_ref().map_or_else(String::new, |records| format!(", records {records:?}"));
    format!("{rule}{host}{records}")
}

fn of_found(alert: &RecordedAlert) -> String {
    let host = alert.host.as_deref().unwrap_or("(no computer name)");
    format!("{} on {host}, records {}", alert.rule_name, alert.records_text())
}

fn of_fault(fault: &RecordedFault) -> String {
    let chunk = fault.chunk.map_or_else(String::new, |chunk| format!(", chunk {chunk}"));
    format!("{}{chunk}: {}", fault.file_name(), fault.reason)
}

/// An alert for a person: what happened, event by event.
fn card(alert: &RecordedAlert, clock: Clock) -> Vec<String> {
    let mut lines = vec![format!("rule {}", alert.rule_id)];
    let event = |(at, event): (usize, &std::sync::Arc<Event>)| {
        let text = |field| event.document.text(field).unwrap_or_default();
        let record = event.tiebreaker.map_or_else(|| "-".to_owned(), |record| record.to_string());
        let head = format!("[{}] record {record} at {}  {}", at + 1, event.time(clock), text(ecs::EVENT_ACTION));
        let shown = [
            ecs::PROCESS_EXECUTABLE,
            ecs::PROCESS_COMMAND_LINE,
            ecs::PROCESS_PARENT_EXECUTABLE,
            ecs::USER_NAME,
            ecs::DESTINATION_IP,
            ecs::FILE_PATH,
            ecs::REGISTRY_PATH,
            ecs::DNS_QUESTION_NAME,
        ];
        let facts = shown.into_iter().filter_map(|field| {
            let value = event.document.first(field)?.to_string();
            let value: String = value.chars().take(MOST).collect();
            Some(format!("    {} {value}", field.name()))
        });
        std::iter::once(head).chain(facts).collect::<Vec<_>>()
    };
    lines.extend(alert.events.iter().enumerate().flat_map(event));
    lines
}
