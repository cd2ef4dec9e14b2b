//! Rules as they run, with their metadata for people.
//!
//! This file does not know where rules were written.

use super::alert_suppression::AlertSuppression;
use super::exceptions::Exception;
use super::ioc::indicator_match::IndicatorMatch;
use super::place::QueryPlace;
use super::threat::Attack;
use super::threat_match::ThreatMatch;
use crate::eql::{Predicate, Query, QueryOptions, UnknownName};
use crate::event::Document;
use hashbrown::HashSet;
use std::sync::Arc;

pub use super::level::Level;

/// A language that rules are written in and evql runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleLanguage {
    /// Elasticsearch's EQL.
    #[default]
    Eql,
    /// Kibana's KQL.
    Kuery,
    /// The syntax of Lucene's query parser.
    Lucene,
    /// Sigma, of which a query of EQL was made.
    Sigma,
}

impl RuleLanguage {
    /// The name that rule files have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eql => "eql",
            Self::Kuery => "kuery",
            Self::Lucene => "lucene",
            Self::Sigma => "sigma",
        }
    }

    /// Whether the text of a rule's query is EQL.
    pub const fn is_kept_as_eql(self) -> bool {
        matches!(self, Self::Eql | Self::Sigma)
    }
}

/// Where a rule was written, by the format of its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleForm {
    /// It comes with evql, or was made by a program.
    #[default]
    Builtin,
    /// TOML, as in Elastic's repository.
    Elastic,
    /// JSON, as Kibana gives it.
    Kibana,
    /// YAML of Sigma.
    Sigma,
    /// evql's own TOML.
    Own,
    /// A query and nothing else.
    Bare,
}

impl RuleForm {
    /// A short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Elastic => "elastic",
            Self::Kibana => "kibana",
            Self::Sigma => "sigma",
            Self::Own => "evql",
            Self::Bare => "eql",
        }
    }
}

/// A rule that does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotRun {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language or type, as Elastic names it: `esql`, `machine_learning`, ...
    pub language: String,
    /// Why it does not run.
    pub reason: String,
}

/// How far the authors of a rule have come with it, in Sigma's steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleStatus {
    /// It cannot be used as it is: it needs what no converter has.
    Unsupported,
    /// It has been taken back.
    Deprecated,
    /// It may find too much.
    Experimental,
    /// It is nearly done, and may need to be tuned.
    Test,
    /// It may be used in production.
    Stable,
}

impl RuleStatus {
    /// Every status, the least mature first.
    pub const ALL: [Self; 5] = [Self::Unsupported, Self::Deprecated, Self::Experimental, Self::Test, Self::Stable];

    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Deprecated => "deprecated",
            Self::Experimental => "experimental",
            Self::Test => "test",
            Self::Stable => "stable",
        }
    }

    /// Whether such a rule is left out unless somebody asks for it.
    pub const fn is_out_of_use(self) -> bool {
        matches!(self, Self::Unsupported | Self::Deprecated)
    }
}

/// A rule that can run.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its metadata, for people.
    pub meta: Metadata,
    /// The text of the query as it stands in the rule file.
    pub source: String,
    /// The compiled query.
    pub query: Query,
    /// Events that the rule is not to see.
    pub exceptions: Arc<[Exception]>,
    /// Names that it asks for and neither ECS nor the mapping has.
    pub unknown: Arc<[UnknownName]>,
    /// Every category that it asks for.
    pub categories: Arc<[String]>,
    /// Where its query was written, and with what it was compiled.
    pub origin: QueryOrigin,
}

impl Rule {
    /// Whether its source is its query in EQL. Nothing else can say what counts events or looks back.
    pub fn has_eql_text(&self) -> bool {
        let counts = matches!(self.query, Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_));
        self.origin.language.is_kept_as_eql() && !counts
    }

    /// Restricts it to events that fulfil a condition, beside those that it was restricted to before.
    pub fn restrict(&mut self, condition: &Predicate) {
        self.query = self.query.among(condition);
        let before = self.origin.filter.take().into_iter();
        self.origin.filter = Some(Predicate::all(before.chain([condition.clone()]).collect()));
    }
}

/// Where the query of a rule was written, and what it was compiled with: all that it takes to compile a changed query in its stead.
#[derive(Clone, Debug, Default)]
pub struct QueryOrigin {
    /// The rule file as it was named or found; empty if the rule comes from no file.
    pub file: Arc<str>,
    /// The place of the query in the text of that file.
    pub place: QueryPlace,
    /// The format of that file.
    pub form: RuleForm,
    /// Its language.
    pub language: RuleLanguage,
    /// The options of its compilation.
    pub options: QueryOptions,
    /// What the rule wants of indicators, if it holds events against them.
    pub threat_match: Option<Arc<ThreatMatch>>,
    /// The indicators that it holds events against.
    pub indicators: Arc<[Document]>,
    /// The indicators of compromise that it looks for, if it is about some.
    pub ioc: Option<Arc<IndicatorMatch>>,
    /// Kibana's filters, to which the compiled query is restricted beside its own text.
    pub filter: Option<Predicate>,
}

/// The metadata of a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// Stable identifier, usually a UUID.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The description: the behaviour that the rule finds, and why it matters.
    pub description: String,
    /// Severity.
    pub level: Level,
    /// Risk score, 0 to 100.
    pub risk_score: f64,
    /// MITRE ATT&CK tactics and techniques.
    pub threat: Vec<Attack>,
    /// Pages to read.
    pub references: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// The investigation guide, in Markdown.
    pub note: Option<String>,
    /// The setup guide, in Markdown: logging that the rule needs.
    pub setup: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its licence.
    pub license: Option<String>,
    /// Most alerts of one run, if the rule says so; Elastic's default is 100.
    pub max_signals: Option<u32>,
    /// How its alerts are grouped, so that those that repeat others can be suppressed.
    pub suppression: Option<AlertSuppression>,
    /// Whether it is a building block: its alerts feed other rules and are hidden from people.
    pub building_block: bool,
    /// Whether its authors have taken it back.
    pub deprecated: bool,
    /// Whether it is for hunting: it finds much that is ordinary, and runs only if somebody asks for such rules.
    pub hunting: bool,
    /// The event IDs of Sysmon that it looks at, if its authors say so.
    pub event_ids: Vec<u32>,
    /// How mature it is, if it says so.
    pub status: Option<RuleStatus>,
    /// Its version as it is written: a number, or the date of the last change.
    pub version: Option<String>,
}

/// Rules that run together, in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}

impl RuleSet {
    /// The rule of this name or id, by itself.
    #[must_use]
    pub fn only(mut self, name: &str) -> Self {
        self.rules.retain(|rule| rule.meta.name == name || rule.meta.id == name);
        self
    }

    /// Adds those rules of another set whose ids this one does not have: a rule that both have would find everything twice.
    pub fn add_missing(&mut self, others: Self) {
        let known: HashSet<String> = self.rules.iter().map(|rule| rule.meta.id.clone()).collect();
        self.rules.extend(others.rules.into_iter().filter(|rule| !known.contains(&rule.meta.id)));
    }
}
