//! Everything that the output formats are fed from.
//!
//! This module knows no format.

use crate::detect::{AlertSource, Detector};
use crate::event::Clock;
use crate::incident::Incidents;
use crate::process::HostAddresses;
use crate::process::triage::Triage;
use crate::source::Input;

/// Everything there is to report.
#[derive(Clone, Copy, Debug)]
pub struct Results<'run> {
    /// The rules that ran.
    pub detector: &'run Detector,
    /// The alerts, in order. People see an alert's position, counted from 1, as its number.
    pub alerts: &'run dyn AlertSource,
    /// The clock that ordered the events.
    pub clock: Clock,
    /// The triage of the alerts, if they were looked up.
    pub triage: Option<&'run Triage>,
    /// The incidents that the alerts make, if triage has looked them up.
    pub incidents: Option<&'run Incidents>,
    /// The addresses that hosts have shown as their own: they tell the ends of a connection apart where its record does not.
    pub addresses: &'run HostAddresses,
    /// The files that were read: what tells where an event stands that has no record number or does not name its file.
    pub inputs: &'run [Input],
}
