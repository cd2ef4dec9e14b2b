//! A rule set meets records of one shape: those of an event ID whose entries have certain names.
//!
//! What is true of a whole shape is worked out once: which rules are left, and how the fields that they ask for are found in a record without mapping it.
//! So most records cost a few comparisons. This module does not know how records are read.

use super::plan::Plan;
use super::{Detector, Hit, RuleIndex};
use crate::ecs::{self, Field};
use crate::eql::{Keys, Predicate};
use crate::event::Document;
use crate::rules::Rule;
use crate::source::{Glance, Raw};
use crate::sysmon::{Cells, Lazy, Ways};
use hashbrown::HashSet;

/// What is left of a rule set for the records of a shape.
#[derive(Debug)]
pub enum ShapePlan {
    /// No record of it matters to any rule.
    Nothing,
    /// Its records must be mapped whole before rules can look at them, unless the name of the process rules them out.
    Whole(Option<Names>),
    /// Rules look at fields, one by one.
    Fields(Box<FieldPlan>),
}

/// Rules, and the ways to the fields that they ask for.
#[derive(Debug)]
pub struct FieldPlan {
    plan: Plan,
    ways: Ways,
    names: Option<Names>,
}

/// The names of processes that matter.
#[derive(Debug)]
pub struct Names {
    /// The entry that has the path.
    entry: usize,
    /// Names in lower case, all of ASCII.
    all: HashSet<Box<[u8]>>,
    /// For each of the last characters of a path, counted from its end, which ones some name has there.
    tails: [u64; TAIL],
}

/// How many characters at the end of a path are compared with all names at once.
const TAIL: usize = 8;

/// The longest name of a process that is compared in place.
const LONGEST_NAME: usize = 64;

impl Detector {
    /// What is left of the rules for records like this one, written by Sysmon on Windows.
    pub fn shape(&self, glance: &Glance<'_>) -> ShapePlan {
        let Some(known) = self.by_id.get(&glance.event_id()) else { return ShapePlan::Whole(None) };
        if known.tries.is_empty() {
            return ShapePlan::Nothing;
        }
        let mut ways = Ways::new(glance.event_id(), self.mapping, glance.names());
        let all: HashSet<&Field> = known.fields().collect();
        if !all.into_iter().all(|field| ways.learn(field)) {
            return ShapePlan::Whole(Names::new(known, &mut ways));
        }
        let nothing = Document::new();
        let specialise = |condition: &Predicate| {
            let left = condition.specialise(&nothing, &|field: &Field| ways.is_never(field));
            left.cheapest_first(&|field| !ways.is_direct(field))
        };
        let plan = known.narrowed(&specialise, &|field| ways.is_direct(field));
        if plan.tries.is_empty() {
            return ShapePlan::Nothing;
        }
        let others = plan.tries.iter().flat_map(|tried| fields_beside_conditions(&self.rules()[tried.rule]));
        let of_candidates = [ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID].map(Field::from);
        if !others.chain(of_candidates).all(|field| ways.learn(&field)) {
            return ShapePlan::Whole(Names::new(&plan, &mut ways));
        }
        let names = Names::new(&plan, &mut ways);
        ShapePlan::Fields(Box::new(FieldPlan { plan, ways, names }))
    }
}

/// The fields that a rule asks for if its conditions hold: join keys and exceptions.
fn fields_beside_conditions(rule: &Rule) -> Vec<Field> {
    let filters = rule.query.filters();
    let keys = filters.iter().flat_map(|filter| filter.keys()).map(|key| key.field.clone());
    let exceptions = rule.exceptions.iter().flat_map(|exception| exception.predicate.fields()).cloned();
    keys.chain(exceptions).collect()
}

impl ShapePlan {
    /// Whether a record of the shape could matter; asks only for what can be compared in place.
    pub fn may_matter(&self, glance: &Glance<'_>) -> bool {
        let names = match self {
            Self::Nothing => return false,
            Self::Whole(names) => names.as_ref(),
            Self::Fields(plan) => plan.names.as_ref(),
        };
        names.is_none_or(|names| names.may_have(glance.entry(names.entry)))
    }
}

impl FieldPlan {
    /// The event of a record, of which rules ask what they need.
    pub fn event<'a>(&'a self, glance: &'a Glance<'a>, cells: &'a mut Cells, path: &'a str) -> Lazy<'a> {
        Lazy::new(&self.ways, glance, cells, path)
    }

    /// What each rule makes of an event of this shape.
    pub fn hits(&self, rules: &[Rule], event: &Lazy<'_>, keys: &mut Keys) -> Vec<(RuleIndex, Hit)> {
        self.plan.hits(rules, event, keys)
    }
}

impl Names {
    fn new(plan: &Plan, ways: &mut Ways) -> Option<Self> {
        let field = Field::from(ecs::PROCESS_NAME);
        ways.learn(&field);
        let names = plan.required(&field)?;
        let entry = ways.base_name(&field)?;
        // A name of other characters could be another spelling of one of ASCII; and then every path needs a closer look.
        let comparable = names.iter().all(|name| name.is_ascii() && name.len() <= LONGEST_NAME);
        comparable.then(|| Self::of(entry, names))
    }

    fn of(entry: usize, names: Vec<String>) -> Self {
        let mut tails = [0; TAIL];
        for name in &names {
            // Before the name there is a separator, and before that there can be anything.
            let from_end = name.bytes().rev().map(bit).chain([bit(b'\\')]).chain(std::iter::repeat(u64::MAX));
            tails.iter_mut().zip(from_end).for_each(|(tail, bit)| *tail |= bit);
        }
        let all = names.into_iter().map(|name| name.into_bytes().into()).collect();
        Self { entry, all, tails }
    }

    /// Whether the name at the end of a path is one of these, or cannot be told.
    fn may_have(&self, path: Raw<'_>) -> bool {
        let Some(units) = path.utf16() else { return !matches!(path, Raw::Nothing) };
        let units = units.strip_suffix(&[0, 0]).filter(|rest| rest.len().is_multiple_of(2)).unwrap_or(units);
        if !is_plain(units) {
            return true;
        }
        let (units, _) = units.as_chunks::<2>();
        self.may_end(units) && self.ends(units)
    }

    /// Whether the last characters could be those of a name.
    fn may_end(&self, units: &[[u8; 2]]) -> bool {
        let Some(last) = units.last_chunk::<TAIL>() else { return true };
        let may = |at: usize| self.tails[at] & bit(last[TAIL - 1 - at][0]) != 0;
        // Names differ before `.exe`.
        (4..TAIL).chain(0..4).all(may)
    }

    /// Whether a path of ASCII ends in one of these names.
    fn ends(&self, units: &[[u8; 2]]) -> bool {
        let mut name = [0_u8; LONGEST_NAME];
        let mut start = LONGEST_NAME;
        for unit in units.iter().rev() {
            if unit[0] == b'\\' {
                return self.all.contains(&name[start..]);
            }
            if start == 0 {
                // Longer than any of the names.
                return false;
            }
            start -= 1;
            name[start] = unit[0].to_ascii_lowercase();
        }
        // A path of one part has no name.
        false
    }
}

/// A bit for a character of ASCII, the same in both cases.
const fn bit(character: u8) -> u64 {
    1 << ((character | 0x20) & 0x3f)
}

/// Whether all units are characters of ASCII that stand for themselves: none ends a text, and none is forbidden in XML.
fn is_plain(units: &[u8]) -> bool {
    const TOP: u64 = 0x8000_8000_8000_8000;
    const SPACES: u64 = 0x0020_0020_0020_0020;
    const BEYOND: u64 = 0xff80_ff80_ff80_ff80;
    let word = |units: &[u8; 8]| u64::from_le_bytes(*units);
    let Some(last) = units.last_chunk::<8>() else {
        return units.as_chunks::<2>().0.iter().all(|unit| (0x20..0x80).contains(&u16::from_le_bytes(*unit)));
    };
    // With the top bit set, a space can be taken from any unit, and only from a control character the top bit with it.
    // The last four are looked at in any case, so that nothing is left over.
    let (mut any, mut all) = (word(last), (word(last) | TOP) - SPACES);
    for units in units.as_chunks::<8>().0 {
        any |= word(units);
        all &= (word(units) | TOP) - SPACES;
    }
    any & BEYOND == 0 && all & TOP == TOP
}

#[cfg(test)]
mod tests;
