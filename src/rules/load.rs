//! From paths to a rule set: every rule file below them, whatever its format, with everything found in each.
//!
//! Formats are told by a file's ending and its content. A folder may hold anything, such as the whole checkout of a repository: files in it that are no
//! rule files are passed over and counted, and only a file that somebody named must be one.
//! This is the only part of the module that touches the file system.

use super::codes;
use super::correlations::{RuleStanding, SettledCorrelations, WaitingCorrelations, take_parts};
use super::discover::{FoundFile, ReadFile, add_named, folder};
use super::exception_lists::{ExceptionLists, some};
use super::list_use::ListKey;
use super::parsed::ParsedRule;
use super::rule::{Metadata, NotRun, QueryOrigin, Rule, RuleLanguage, RuleSet};
use super::sigma::{ParsedCorrelation, Placeholders, SigmaFilter};
use super::suppression::LoadedExceptions;
use crate::base::number::counted;
use crate::base::{Each, Span};
use crate::diag::{Diagnostic, Notice, NoticeKind};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

pub use super::discover::FileReport;

/// Which rules of the files are wanted.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Whether rules that their authors have taken back run too.
    pub deprecated: bool,
    /// What the placeholders of Sigma rules stand for.
    pub placeholders: Arc<Placeholders>,
}

/// The rules that were loaded, and the findings.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// The rules that can run, in the order of their files.
    pub set: RuleSet,
    /// Rules in other languages, with the file of each.
    pub not_run: Vec<(NotRun, String)>,
    /// Rules that their authors have taken back and that do not run for it, with the file of each.
    pub deprecated: Vec<(NotRun, String)>,
    /// Rules about other logs than Sysmon's, with the file of each.
    pub elsewhere: Vec<(NotRun, String)>,
    /// Rules that give no alerts of their own, since they are parts of correlations, with the file of each.
    pub parts: Vec<(NotRun, String)>,
    /// Every file of rules, in order.
    pub files: Vec<FileReport>,
    /// Files in folders that are no rule files.
    pub passed_over: usize,
    /// How many rules are wrong, and what looks like one.
    pub wrong_rules: usize,
    /// Limits that were reached, and parts of rules that are not honoured.
    pub notices: Vec<Notice>,
    /// The files that were named themselves.
    named: HashSet<String>,
    /// Lists of exceptions that rules refer to and no file has, with the names of those rules.
    missing_lists: BTreeMap<ListKey, Vec<String>>,
}

impl Loaded {
    /// Rules that come from no file.
    pub fn of(set: RuleSet) -> Self {
        Self { set, ..Self::default() }
    }

    /// Whether something keeps a rule from running.
    pub fn has_error(&self) -> bool {
        self.files.iter().any(FileReport::has_error)
    }

    /// Whether something keeps a rule from running of a file that was named itself, and not found in a folder or an archive.
    pub fn has_error_in_named_file(&self) -> bool {
        self.files.iter().any(|file| file.has_error() && self.named.contains(&file.path))
    }

    /// Says which lists of exceptions rules refer to that neither their files nor these have.
    pub fn tell_missing_lists(&mut self, given: &LoadedExceptions) {
        let missing = std::mem::take(&mut self.missing_lists);
        let missing = missing.into_iter().filter(|(list, _)| !given.lists.contains(list));
        for (list, rules) in missing {
            let text = format!(
                "no file has the list of exceptions '{}', without which these rules may find too much: {}",
                list.id,
                some(&rules)
            );
            self.notices.push(Notice::new(NoticeKind::RulePart, text));
        }
    }
}

/// Loads every rule under `paths`, which are files and folders. Nothing that is wrong with one file hides another.
pub fn load(paths: &[PathBuf]) -> Loaded {
    load_with(paths, LoadOptions::default(), &|count, job| (0..count).for_each(job))
}

/// Loads rules with options, reading the files as `each` says.
pub fn load_with(paths: &[PathBuf], options: LoadOptions, each: Each<'_>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut found: Vec<FoundFile> = Vec::new();
    for path in paths {
        if path.is_dir() {
            loaded.passed_over += folder(path, &mut found);
        } else {
            loaded.passed_over += add_named(path, &mut found);
            loaded.named.insert(path.display().to_string());
        }
    }
    // Files are read and compiled on several threads, each into a cell of its own; the set is put together afterwards in the order of the paths, which
    // decides between rules of one id.
    let read: Vec<OnceLock<Option<ReadFile>>> = found.iter().map(|_| OnceLock::new()).collect();
    each(found.len(), &|at| {
        read[at].get_or_init(|| found[at].read(&options.placeholders));
    });
    let mut loading = RuleSetBuilder {
        loaded,
        options,
        lists: ExceptionLists::default(),
        ids: HashMap::new(),
        clashes: Vec::new(),
        versions: HashSet::new(),
        sigma: SigmaSet::default(),
    };
    let mut files = Vec::new();
    for file in read.into_iter().filter_map(OnceLock::into_inner) {
        match file {
            Some(mut file) => {
                // All lists before the first rule: a rule may refer to a list that stands in a later file.
                loading.lists.merge(std::mem::take(&mut file.lists));
                files.push(file);
            }
            None => loading.loaded.passed_over += 1,
        }
    }
    for file in files {
        loading.take_file(file);
    }
    loading.finish()
}

fn has_error(parsed: &ParsedRule) -> bool {
    parsed.diagnostics.iter().any(Diagnostic::is_error)
}

/// A rule that was loaded, to compare others of its id with.
struct KnownRule {
    path: String,
    /// Its position in the set.
    at: usize,
    filters: Vec<String>,
}

/// What Sigma rules say of each other.
#[derive(Default)]
struct SigmaSet {
    filters: Vec<SigmaFilter>,
    /// The names by which rules are called, by their positions in the set.
    aliases: HashMap<usize, String>,
    /// The ids of rules that others take the place of.
    replaced: HashSet<String>,
    correlations: WaitingCorrelations,
}

/// Rules of one file after the other become a set.
struct RuleSetBuilder {
    loaded: Loaded,
    options: LoadOptions,
    lists: ExceptionLists,
    ids: HashMap<String, KnownRule>,
    /// Rules of one id and different content: the id, the file of the one that runs, and that of the other.
    clashes: Vec<String>,
    /// The ids of rules that come in several versions.
    versions: HashSet<String>,
    sigma: SigmaSet,
}

impl RuleSetBuilder {
    /// Adds a file and its rules to what was loaded before.
    fn take_file(&mut self, file: ReadFile) {
        let ReadFile { mut report, rules, has_lists, filters, correlations, .. } = file;
        self.sigma.filters.extend(filters);
        let empty = !has_lists && rules.iter().all(|parsed| parsed.rule.is_none() && parsed.not_run.is_none());
        let of_correlations = correlations.iter().map(|correlation| &correlation.parsed);
        let wrong = rules.iter().chain(of_correlations).filter(|rule| has_error(rule)).count();
        let before = self.loaded.deprecated.len();
        for rule in rules {
            self.sigma.correlations.note(&rule.id, rule.alias.as_deref(), self.standing(&rule));
            self.take(rule, &mut report);
        }
        let position = self.loaded.files.len();
        for ParsedCorrelation { parsed, written } in correlations {
            let standing = self.standing(&parsed);
            self.sigma.correlations.note(&parsed.id, parsed.alias.as_deref(), standing);
            self.take(parsed, &mut report);
            if let Some(written) = written.filter(|_| standing == RuleStanding::Runs) {
                self.sigma.correlations.add(written, position);
            }
        }
        if empty && !report.has_error() && self.loaded.deprecated.len() == before {
            let found = Diagnostic::error(codes::NO_RULE, Span::default(), "there is no rule in this file");
            report.diagnostics.push(found);
        }
        if report.has_error() {
            self.loaded.wrong_rules += wrong.max(1);
        }
        report.diagnostics.sort_by_key(|found| found.span);
        self.loaded.files.push(report);
    }

    /// What a correlation that names a rule must know of it.
    fn standing(&self, parsed: &ParsedRule) -> RuleStanding {
        if parsed.deprecated && !self.options.deprecated {
            RuleStanding::Deprecated
        } else if has_error(parsed) {
            RuleStanding::Wrong
        } else if parsed.is_elsewhere {
            RuleStanding::Elsewhere
        } else if parsed.not_run.is_some() {
            RuleStanding::NotRun
        } else {
            RuleStanding::Runs
        }
    }

    /// Adds what came of one rule. Of two rules with one id the first stays.
    fn take(&mut self, mut parsed: ParsedRule, report: &mut FileReport) {
        if parsed.deprecated && !self.options.deprecated {
            let ParsedRule { id, name, language, .. } = parsed;
            let reason = "its authors have taken it back".to_owned();
            self.loaded.deprecated.push((NotRun { id, name, language, reason }, report.path.clone()));
            return;
        }
        for list in self.lists.attach(&mut parsed) {
            if parsed.rule.is_some() {
                self.loaded.missing_lists.entry(list).or_default().push(parsed.name.clone());
            }
        }
        report.diagnostics.extend(parsed.diagnostics);
        let aside = if parsed.is_elsewhere { &mut self.loaded.elsewhere } else { &mut self.loaded.not_run };
        aside.extend(parsed.not_run.map(|rule| (rule, report.path.clone())));
        let Some(mut rule) = parsed.rule else { return };
        rule.origin.file = report.path.as_str().into();
        if let Some(first) = self.ids.get(&rule.meta.id).filter(|_| !rule.meta.id.is_empty()) {
            let (at, other) = (first.at, &self.loaded.set.rules[first.at]);
            let version = |meta: &Metadata| meta.version.as_ref().and_then(|version| version.parse::<u64>().ok());
            let (old, new) = (version(&other.meta), version(&rule.meta));
            // A rule and its copy in another form may differ in whether they tell a version.
            let meta = Metadata { version: other.meta.version.clone(), ..rule.meta.clone() };
            let equal = other.source == rule.source && other.meta == meta && first.filters == parsed.filters;
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                self.versions.insert(rule.meta.id.clone());
                let place = if new > old { "takes the place of" } else { "gives way to" };
                let message =
                    format!("the rule '{}' in version {new} {place} version {old} in {}", rule.meta.name, first.path);
                report.diagnostics.push(Diagnostic::warning(codes::DUPLICATE_RULE, Span::default(), message));
                if new > old {
                    let known = KnownRule { path: report.path.clone(), at, filters: parsed.filters };
                    self.ids.insert(rule.meta.id.clone(), known);
                    self.loaded.set.rules[at] = rule;
                }
                return;
            }
            if !parsed.is_named_by_file || equal {
                let content = if equal { "" } else { ", with another content" };
                let message = format!(
                    "the rule '{}' has the id of one in {}{content}, and is left out",
                    rule.meta.name, first.path
                );
                report.diagnostics.push(Diagnostic::warning(codes::DUPLICATE_RULE, Span::default(), message));
                if !equal {
                    self.clashes.push(format!("{} of {} and {}", rule.meta.id, first.path, report.path));
                }
                return;
            }
            // Files of one name below different paths that were given.
            rule.meta.id = format!("eql:{}", report.path);
        }
        self.sigma.replaced.extend(parsed.replaces);
        self.sigma.aliases.extend(parsed.alias.map(|alias| (self.loaded.set.rules.len(), alias)));
        let known = KnownRule { path: report.path.clone(), at: self.loaded.set.rules.len(), filters: parsed.filters };
        self.ids.insert(rule.meta.id.clone(), known);
        self.loaded.set.rules.push(rule);
    }

    /// Applies filters of Sigma to the rules that they are for, and takes rules away that others have replaced.
    fn settle_sigma(&mut self) {
        let SigmaSet { filters, aliases, replaced, correlations } = std::mem::take(&mut self.sigma);
        for filter in &filters {
            for (at, rule) in self.loaded.set.rules.iter_mut().enumerate() {
                if rule.origin.language == RuleLanguage::Sigma
                    && filter.is_for(&rule.meta.id, aliases.get(&at).map(String::as_str))
                {
                    rule.restrict(&filter.predicate);
                }
            }
        }
        let by_id = |id: &str| self.ids.get(id).map(|known| &self.loaded.set.rules[known.at]);
        let settled = correlations.settle(by_id);
        self.take_correlations(settled);
        if self.options.deprecated || replaced.is_empty() {
            return;
        }
        for rule in std::mem::take(&mut self.loaded.set.rules) {
            if replaced.contains(&rule.meta.id) {
                let not_run = NotRun {
                    id: rule.meta.id.clone(),
                    name: rule.meta.name.clone(),
                    language: rule.origin.language.name().to_owned(),
                    reason: "another rule has taken its place".to_owned(),
                };
                self.loaded.deprecated.push((not_run, rule.origin.file.to_string()));
            } else {
                self.loaded.set.rules.push(rule);
            }
        }
    }

    /// Adds what became of correlations, and takes rules away that are only parts of them.
    fn take_correlations(&mut self, settled: SettledCorrelations) {
        let SettledCorrelations { rules, not_run, elsewhere, findings, parts } = settled;
        let loaded = &mut self.loaded;
        let path = |files: &[FileReport], file: usize| files[file].path.clone();
        loaded.not_run.extend(not_run.into_iter().map(|(rule, file)| (rule, path(&loaded.files, file))));
        loaded.elsewhere.extend(elsewhere.into_iter().map(|(rule, file)| (rule, path(&loaded.files, file))));
        for (mut rule, file) in rules {
            rule.origin.file = loaded.files[file].path.as_str().into();
            if loaded.set.rules.iter().all(|other| other.meta.id != rule.meta.id) {
                loaded.set.rules.push(rule);
                continue;
            }
            let message = format!("the rule '{}' has the id of another one, and is left out", rule.meta.name);
            let found = Diagnostic::warning(codes::DUPLICATE_RULE, Span::default(), message);
            loaded.files[file].diagnostics.push(found);
        }
        loaded.parts = take_parts(&mut loaded.set.rules, &parts);
        for (found, file) in findings {
            loaded.wrong_rules += usize::from(found.is_error());
            loaded.files[file].diagnostics.push(found);
            loaded.files[file].diagnostics.sort_by_key(|found| found.span);
        }
    }

    fn finish(mut self) -> Loaded {
        self.settle_sigma();
        let Self { mut loaded, lists, clashes, versions, .. } = self;
        if !versions.is_empty() {
            let text = format!(
                "{} in several versions, and the highest of each runs",
                counted(versions.len() as u64, "rule") + if versions.len() == 1 { " is there" } else { " are there" }
            );
            loaded.notices.push(Notice::new(NoticeKind::RulePart, text));
        }
        if !clashes.is_empty() {
            let text =
                format!("rules of one id have different contents, and only the first of each runs: {}", some(&clashes));
            loaded.notices.push(Notice::new(NoticeKind::RulePart, text));
        }
        loaded.notices.extend(lists.left_out_notice());
        loaded
    }
}

impl Metadata {
    /// The metadata of a query that says nothing of itself: low, without a score.
    pub fn bare(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), ..Self::default() }
    }
}

impl Rule {
    /// A query as a rule without metadata and exceptions.
    pub fn bare(source: &str, query: crate::eql::Query) -> Self {
        Self {
            meta: Metadata::bare("query", "query"),
            source: source.to_owned(),
            query,
            exceptions: Arc::default(),
            unknown: Arc::default(),
            categories: Arc::default(),
            origin: QueryOrigin::default(),
        }
    }
}

#[cfg(test)]
mod tests;
