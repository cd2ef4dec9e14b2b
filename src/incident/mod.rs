//! Incidents: alerts that belong together, as a person would work on them, with the most important one first.
//!
//! Two alerts are of one incident if they are of the same process, or of processes of which one has started the other, and are close in time. Windows' own
//! long-lived programs start whatever runs on a host, and hold nothing together. How much an incident matters is a score out of the risk of its rules, the
//! number of its tactics, and how rare its files and destinations are among the hosts of the evidence.
//!
//! This module does not know how the evidence is read, nor how incidents are shown.

mod deed;
mod grouping;
mod incidents;
mod score;
mod title;

pub use deed::{deed, deed_of};
pub use grouping::{LAUNCHER_GAP, TREE_GAP, is_launcher, root_of};
pub use incidents::{Incident, Incidents};
