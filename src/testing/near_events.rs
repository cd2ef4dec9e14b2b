//! Which events meet the stages of a rule, and which miss them by one condition only.
//!
//! Every change of one condition leaves the others as they are. So an event that lacks two conditions can meet no such mutant, and one that lacks one can
//! meet only mutants of that condition: all mutants of a rule together cost little more than the rule itself.

use super::conditions::{RuleAnatomy, StageParts};
use crate::event::{Document, Event};
use std::sync::Arc;

/// An event that meets a stage, or misses it by one condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearEvent {
    /// The position of the event.
    pub event: usize,
    /// The condition that it lacks, counted among all of the stage.
    pub lacks: Option<usize>,
}

/// For each stage of a rule the events that are near it, in their order.
pub fn near_events(parts: &RuleAnatomy, events: &[Arc<Event>]) -> Vec<Vec<NearEvent>> {
    let of_stage = |stage: &StageParts| {
        let near = |(event, document): (usize, &Arc<Event>)| {
            lacking(stage, &document.document).map(|lacks| NearEvent { event, lacks })
        };
        events.iter().enumerate().filter_map(near).collect()
    };
    parts.stages.iter().map(of_stage).collect()
}

/// The condition that a document lacks; `None` if it lacks several.
#[allow(clippy::option_option)] // Outside: near or not. Inside: which condition, if any.
fn lacking(stage: &StageParts, document: &Document) -> Option<Option<usize>> {
    let mut lacks = None;
    for (at, condition) in stage.conditions.iter().enumerate() {
        if !condition.holds(document) && lacks.replace(at).is_some() {
            return None;
        }
    }
    Some(lacks)
}
