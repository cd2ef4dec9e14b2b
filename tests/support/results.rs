//! The results of a run as exporters take them, for tests that ask for nothing beside alerts and the timeline.

use evql::detect::{AlertSource, Detector};
use evql::event::Clock;
use evql::process::HostAddresses;
use evql::report::Results;
use std::sync::LazyLock;

static NO_ADDRESSES: LazyLock<HostAddresses> = LazyLock::new(HostAddresses::default);

/// Alerts without triage, and without the files that they are from.
pub fn results<'r>(detector: &'r Detector, alerts: &'r dyn AlertSource, clock: Clock) -> Results<'r> {
    Results { detector, alerts, clock, triage: None, incidents: None, addresses: &NO_ADDRESSES, inputs: &[] }
}
