//! Every process of the evidence: what started it, when it ended, how much it did; and of some, everything they did.
//!
//! Events are shown one by one, in any order and on any thread ([`Observer`]), and become a [`ProcessTable`] with a record of bounded size for each process. Tables
//! of several threads are put together, and nothing in the result depends on how events were spread over them: of several candidates the one that comes
//! first in the order of events counts. A [`Forest`] is the table at rest: parents found, cycles broken, everything in order.
//! A process whose start was not logged is there too, known by its other events or by what its children say of it.
//!
//! [`details`] holds what a targeted pass gathers of a few processes, [`prevalence`] counts where else a value was seen, and [`triage`] puts both beside the
//! alerts. This module does not know how evidence is read, nor formats.

pub mod details;
pub mod prevalence;

mod addresses;
mod connection;
mod entity;
mod facts;
mod field_reader;
mod forest;
mod lineage;
mod links;
mod observe;
mod observer;
mod service;
mod several_hosts;
mod sightings;
mod stacking;
mod starts;
mod subject;
mod table;
mod text;
pub mod triage;
mod triage_join;
mod triage_record;
mod triage_survey;
mod value_totals;
mod view;
mod wanted;

pub use crate::sysmon::ActivityKind;
pub use addresses::{AddressSurvey, has_undecided_connection};
pub use connection::{Connection, ConnectionEnd, ConnectionRoute, EndName, HostAddresses, MOST_ADDRESSES, Peer};
pub use entity::{EntityId, EntityKey};
pub use facts::{ActivityCounts, Hashes, Parent, ProcessFacts};
pub use field_reader::process_of;
pub use forest::{Forest, HostTree, NodeIndex, ProcessNode};
pub use lineage::Lineage;
pub use observe::ProcessSurvey;
pub use observer::{ObservedEvent, Observer, ObserverPair};
pub use service::service_of;
pub use several_hosts::several_hosts_notice;
pub use sightings::{SightedConnection, SightedText, SightedValue, ValueKind, destinations};
pub use stacking::{
    MOST_HOSTS, Stack, StackObserver, StackOptions, StackRow, StackSort, StackSpool, StackedEvents, keeps_case,
};
pub use starts::{Missing, Starts, lacks_start};
pub use table::{MOST_PROCESSES, ProcessTable};
pub use text::CutText;
pub use triage_join::TriageJoin;
pub use triage_record::{TriagePart, TriageRecord};
pub use triage_survey::{TriageGathered, TriageSpools, TriageSurvey};
pub use value_totals::{ValueTotal, ValueTotals};
pub use view::{TreeItem, TreeRow, TreeSelection, View};
pub use wanted::WantedProcesses;

#[cfg(test)]
mod tests;
