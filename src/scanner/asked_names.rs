//! The names that a run asks for: fields and categories of queries, rules and exceptions, columns, and fields that options name.
//!
//! An empty answer means little if the evidence never had the field that the rule tests, so every name is looked for while the evidence is read, and those
//! that were never met become notices. There are two kinds:
//!
//! - a name that neither ECS nor the mapping has, such as `process.nmae`, is a mistake unless some JSON document has a field of its own by that name;
//! - a known field that no event has, such as `dns.question.name` in evidence without event ID 22, matters only if nothing was found.

use crate::base::Span;
use crate::base::number::counted;
use crate::detect::{Detector, SoughtName};
use crate::diag::{Notice, NoticeKind};
use crate::ecs::{self, Field};
use crate::eql::UnknownName;
use crate::pipeline::{Outcome, Roles};
use crate::rules::{AlertException, RuleSet};
use crate::source::InputFormat;
use crate::sysmon;
use std::collections::{BTreeMap, BTreeSet};

/// Up to so many different fields are looked for in every event. With more, as in a whole rule repository, the event IDs decide what was never set:
/// to test hundreds of fields would cost every event more than the rules do.
const FEW_FIELDS: usize = 64;

/// Most names that one notice gives.
const MOST_NAMED: usize = 8;

/// Every name that is asked for, with who asks.
#[derive(Debug, Default)]
pub struct AskedNames {
    /// Known fields.
    fields: BTreeSet<Field>,
    categories: BTreeSet<String>,
    /// Names that neither ECS nor the mapping has, each with who asks for it.
    unknown: BTreeMap<SoughtName, (UnknownName, Vec<Asker>)>,
    /// Fields that options give a part to, each with its option.
    roles: Vec<(&'static str, Field)>,
}

/// Who asks for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asker {
    Rule(String),
    Exception(String),
    Option(&'static str),
}

/// A name that neither ECS nor the mapping nor the evidence has.
#[derive(Debug)]
pub struct NameMistake {
    /// The name, if it stands in a query or a rule.
    pub written: Option<UnknownName>,
    /// The mistake, as one sentence.
    pub text: String,
}

impl AskedNames {
    /// The names in rules, exceptions and roles. Built-in rules ask for known names only, and are not looked through.
    pub fn new(set: &RuleSet, exceptions: &[AlertException], roles: &Roles, builtin: bool) -> Self {
        let mut asked = Self::default();
        // Indicators are looked for in every field that may hold one: that there is no such field means nothing.
        for rule in set.rules.iter().filter(|rule| !builtin && rule.origin.ioc.is_none()) {
            asked.fields.extend(rule.query.fields().cloned());
            asked.categories.extend(rule.categories.iter().cloned());
            for name in &*rule.unknown {
                asked.miss(name.clone(), Asker::Rule(rule.meta.name.clone()));
            }
        }
        let items = set.rules.iter().flat_map(|rule| &*rule.exceptions);
        let items = items.map(|item| (&item.name, &item.predicate));
        let alerts = exceptions.iter().map(|exception| (&exception.name, &exception.predicate));
        for (name, predicate) in items.chain(alerts) {
            for field in predicate.fields() {
                if let Some(unknown) = UnknownName::field(field.name(), Span::default()) {
                    asked.miss(unknown, Asker::Exception(name.clone()));
                }
            }
        }
        let given = [
            ("--timestamp-field", &roles.timestamp),
            ("--event-category-field", &roles.category),
            ("--tiebreaker-field", &roles.tiebreaker),
        ];
        let given = given.into_iter().filter_map(|(option, name)| Some((option, Field::named(name.as_deref()?))));
        asked.roles = given.collect();
        asked
    }

    /// Adds fields that options name.
    pub fn add_named(&mut self, named: &[(&'static str, String)]) {
        for (option, name) in named {
            match UnknownName::field(name, Span::default()) {
                Some(unknown) => self.miss(unknown, Asker::Option(option)),
                None => drop(self.fields.insert(ecs::mapped(name).0)),
            }
        }
    }

    fn miss(&mut self, unknown: UnknownName, by: Asker) {
        let sought = if unknown.is_category {
            SoughtName::Category(unknown.name.clone())
        } else {
            SoughtName::Field(ecs::mapped(&unknown.name).0)
        };
        let (_, asking) = self.unknown.entry(sought).or_insert_with(|| (unknown, Vec::new()));
        if !asking.contains(&by) {
            asking.push(by);
        }
    }

    /// The names to look for in the evidence.
    pub fn sought(&self) -> Vec<SoughtName> {
        let known = self.fields.iter().cloned().map(SoughtName::Field);
        let known = known.chain(self.categories.iter().cloned().map(SoughtName::Category));
        let known = known.filter(|_| self.is_few());
        let roles = self.roles.iter().map(|(_, field)| SoughtName::Field(field.clone()));
        known.chain(self.unknown.keys().cloned()).chain(roles).collect()
    }

    fn is_few(&self) -> bool {
        self.fields.len() <= FEW_FIELDS
    }

    /// The names that neither ECS nor the mapping nor the evidence has; to be asked when the evidence was read.
    pub fn mistakes(&self, detector: &Detector, outcome: &Outcome) -> Vec<NameMistake> {
        let watch = detector.watch();
        let unknown = self.unknown.iter().filter(|(sought, _)| watch.is_unseen(sought));
        let given = watch.given();
        let unknown = unknown.map(|(_, (name, by))| {
            let name = name.clone().among(given.iter().map(|name| &**name));
            let offer = name.offer().map_or(String::new(), |offer| format!("; {offer}"));
            let has =
                if name.is_category { "no event has it" } else { "neither ECS nor the mapping nor any event has it" };
            let text = format!("{} is asked for by {}, and {has}{offer}", name.describe(), named(by));
            // A name in a rule or query has a place that can be shown; one in an exception or an option has not.
            let written = by.iter().any(|by| matches!(by, Asker::Rule(_))).then_some(name);
            NameMistake { written, text }
        });
        // Roles are for documents only: without one, an unused option is no mistake.
        let documents = outcome.inputs.iter().any(|input| input.format == InputFormat::Json);
        let is_unseen = |field: &Field| documents && watch.is_unseen(&SoughtName::Field(field.clone()));
        let roles = self.roles.iter().filter(|(_, field)| is_unseen(field));
        let roles = roles.map(|(option, field)| NameMistake {
            written: None,
            text: format!("no document has `{field}`, which {option} names"),
        });
        unknown.chain(roles).collect()
    }

    /// Notices about names that were never met, to be asked when the evidence was read.
    pub fn notices(&self, detector: &Detector, outcome: &Outcome) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mistakes = self.mistakes(detector, outcome);
        for mistake in mistakes.iter().take(MOST_NAMED) {
            notices.push(Notice::new(NoticeKind::UnknownName, mistake.text.as_str()));
        }
        if mistakes.len() > MOST_NAMED {
            let more = mistakes.len() - MOST_NAMED;
            let text = format!("{more} more names that nobody has; `evql rules check` shows where they stand");
            notices.push(Notice::new(NoticeKind::UnknownName, text));
        }
        if outcome.alerts.is_empty() && !outcome.inputs.is_empty() {
            notices.extend(self.never_set(detector, outcome));
        }
        notices
    }

    /// Known fields and categories that no event had.
    fn never_set(&self, detector: &Detector, outcome: &Outcome) -> Option<Notice> {
        let watch = detector.watch();
        let stats = &outcome.stats;
        let is_unseen = |field: &Field| {
            if self.is_few() {
                // Few names were looked for in each event, and the watch knows.
                return watch.is_unseen(&SoughtName::Field(field.clone()));
            }
            stats.documents == 0 && !stats.by_id.keys().any(|&id| sysmon::may_have(id, field, detector.mapping()))
        };
        let unknown = |field: &Field| self.unknown.contains_key(&SoughtName::Field(field.clone()));
        let fields = self.fields.iter().filter(|field| !unknown(field) && is_unseen(field));
        let mut names: Vec<String> = fields.map(|field| format!("`{field}`")).collect();
        let categories = self.categories.iter().map(|name| SoughtName::Category(name.clone()));
        let categories = categories.filter(|name| watch.is_unseen(name) && !self.unknown.contains_key(name));
        names.extend(categories.filter_map(|name| match name {
            SoughtName::Category(name) => Some(format!("the category `{name}`")),
            SoughtName::Field(_) => None,
        }));
        if names.is_empty() {
            return None;
        }
        let verb = if names.len() == 1 { "is" } else { "are" };
        let more = names.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {}", counted(more as u64, "more name")) } else { String::new() };
        names.truncate(MOST_NAMED);
        let text = format!("{}{more} {verb} never set in this evidence", names.join(", "));
        Some(Notice::new(NoticeKind::NeverSet, text))
    }
}

/// Names the askers, in a few words.
fn named(by: &[Asker]) -> String {
    let one = |by: &Asker| match by {
        Asker::Rule(name) => format!("the rule '{name}'"),
        Asker::Exception(name) => format!("the exception '{name}'"),
        Asker::Option(name) => (*name).to_owned(),
    };
    match by {
        [first, rest @ ..] if !rest.is_empty() => format!("{} and {} more", one(first), rest.len()),
        by => by.first().map(one).unwrap_or_default(),
    }
}
