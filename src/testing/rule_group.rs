//! The rules that tests name, loaded once for all tests that name the same ones.

use super::codes;
use crate::base::{LineColumn, LineIndex, Span};
use crate::detect::{Detector, RuleIndex};
use crate::diag::Diagnostic;
use crate::pipeline;
use crate::rules::{self, FileReport, LoadOptions, Loaded, Rule, RuleSet};
use crate::sysmon::Mapping;
use hashbrown::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name by which a test asks for the rules that come with evql.
pub const BUILTIN: &str = "builtin";

/// The rules of a test with their exceptions, ready to look at events.
#[derive(Debug)]
pub struct RuleGroup {
    /// The rules, in the order that expectations count.
    pub detector: Detector,
    /// The texts of the rule files, by path.
    texts: HashMap<Arc<str>, String>,
    /// Whether exceptions take alerts away.
    pub has_exceptions: bool,
}

impl RuleGroup {
    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        self.detector.rules()
    }

    /// The rules with an id or name.
    pub fn named(&self, wanted: &str) -> Vec<RuleIndex> {
        let is = |rule: &Rule| is_named(rule, wanted);
        self.rules().iter().enumerate().filter(|(_, rule)| is(rule)).map(|(index, _)| index).collect()
    }

    /// Where a part of a rule's query stands: `file:line:column`.
    pub fn place(&self, rule: &Rule, span: Span) -> RulePlace {
        let origin = &rule.origin;
        let in_file = origin.place.in_file(span);
        let text = self.texts.get(&origin.file).map_or(rule.source.as_str(), String::as_str);
        let LineColumn { line, column } = LineIndex::new(text).locate(in_file.start);
        RulePlace { file: origin.file.clone(), line, column, span: in_file }
    }

    /// The text of the file that a rule stands in; that of the query, if it stands in none.
    pub fn text<'r>(&'r self, rule: &'r Rule) -> &'r str {
        self.texts.get(&rule.origin.file).map_or(rule.source.as_str(), String::as_str)
    }
}

fn is_named(rule: &Rule, wanted: &str) -> bool {
    rule.meta.id.eq_ignore_ascii_case(wanted) || rule.meta.name.eq_ignore_ascii_case(wanted)
}

/// A place in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RulePlace {
    /// The file as it was named or found.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The bytes of the file.
    pub span: Span,
}

impl std::fmt::Display for RulePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = if self.file.is_empty() { "query" } else { &self.file };
        write!(f, "{file}:{}:{}", self.line, self.column)
    }
}

/// Rules as tests name them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleSource {
    /// The built-in rules.
    Builtin,
    /// All below a path.
    Path(PathBuf),
    /// One, by its id or name.
    Named(String),
}

/// Everything that decides which group a test is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// Its rules.
    pub rules: Vec<RuleSource>,
    /// Where rules are looked for by id or name.
    pub pool: Vec<RuleSource>,
    /// Its files of exceptions.
    pub exceptions: Vec<PathBuf>,
    /// Its mapping.
    pub mapping: Mapping,
}

/// All groups of a suite, each loaded when it is first asked for.
#[derive(Debug, Default)]
pub struct RuleGroups {
    files: HashMap<Vec<RuleSource>, Arc<Loaded>>,
    groups: HashMap<GroupKey, Arc<RuleGroup>>,
    /// Files of rules or exceptions that are wrong, each once.
    pub wrong: Vec<FileReport>,
    /// Whether rules run that their authors have taken back.
    deprecated: bool,
}

impl RuleGroups {
    /// No groups; `deprecated` says whether rules run that their authors have taken back.
    pub fn new(deprecated: bool) -> Self {
        Self { deprecated, ..Self::default() }
    }

    /// The group of a key, and what is wrong with its rules; the span is that of the name of the rule in question, by its position.
    pub fn get(&mut self, key: &GroupKey) -> Result<Arc<RuleGroup>, Vec<(usize, Diagnostic)>> {
        if let Some(known) = self.groups.get(key) {
            return Ok(known.clone());
        }
        // Paths are loaded as they are; a name costs a look through the whole pool, which is loaded once for all tests.
        let (paths, names): (Vec<_>, Vec<_>) =
            key.rules.iter().cloned().enumerate().partition(|(_, source)| !matches!(source, RuleSource::Named(_)));
        let mut loaded = vec![self.load(paths.into_iter().map(|(_, source)| source).collect())];
        let mut set = RuleSet { rules: loaded[0].set.rules.clone() };
        let mut wrong = Vec::new();
        if !names.is_empty() {
            let pool = self.load(key.pool.clone());
            for (at, source) in names {
                let RuleSource::Named(name) = source else { continue };
                let found: Vec<&Rule> = pool.set.rules.iter().filter(|rule| is_named(rule, &name)).collect();
                if found.is_empty() {
                    wrong.push((at, not_found(&name, &pool)));
                }
                set.rules.extend(found.into_iter().cloned());
            }
            loaded.push(pool);
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if set.rules.is_empty() && loaded.iter().any(|loaded| loaded.has_error()) {
            // What is wrong with the files is told already.
            return Err(Vec::new());
        }
        if set.rules.is_empty() {
            let found = Diagnostic::error(codes::MISSING_RULE, Span::default(), "there is no rule that can run");
            return Err(vec![(0, found.help("the problems of rule files are told by `evql rules check`"))]);
        }
        let exceptions = rules::load_exceptions(&key.exceptions, &set);
        exceptions.give_to(&mut set);
        let has_exceptions = !exceptions.alerts.is_empty();
        let has_error = exceptions.has_error();
        self.tell(exceptions.files);
        if has_error {
            // Without some of its exceptions, a test would tell of alerts that nobody would see. What is wrong with the files is told already.
            return Err(Vec::new());
        }
        let texts = loaded.iter().flat_map(|loaded| &loaded.files);
        let texts = texts.map(|file| (file.path.as_str().into(), file.text.clone())).collect();
        let detector = Detector::for_mapping(set, key.mapping).with_exceptions(exceptions.alerts.into());
        let group = Arc::new(RuleGroup { detector, texts, has_exceptions });
        self.groups.insert(key.clone(), group.clone());
        Ok(group)
    }

    /// The rules of some files and folders, read once.
    fn load(&mut self, sources: Vec<RuleSource>) -> Arc<Loaded> {
        if let Some(known) = self.files.get(&sources) {
            return known.clone();
        }
        let mut paths = Vec::new();
        let mut builtin = false;
        for source in &sources {
            match source {
                RuleSource::Path(path) => paths.push(path.clone()),
                RuleSource::Builtin => builtin = true,
                RuleSource::Named(_) => {}
            }
        }
        let options = LoadOptions { deprecated: self.deprecated, ..LoadOptions::default() };
        let mut loaded = rules::load_with(&paths, options, &|count, job| pipeline::spread(0, count, job));
        if builtin {
            loaded.set.add_missing(rules::builtin());
            loaded.files.extend(rules::builtin_files());
        }
        let wrong = loaded.files.iter().filter(|file| file.has_error());
        let wrong = wrong.map(|file| FileReport {
            path: file.path.clone(),
            text: file.text.clone(),
            diagnostics: file.diagnostics.clone(),
        });
        self.tell(wrong.collect());
        let loaded = Arc::new(loaded);
        self.files.insert(sources, loaded.clone());
        loaded
    }

    /// Notes files that are wrong.
    fn tell(&mut self, files: Vec<FileReport>) {
        for file in files.into_iter().filter(FileReport::has_error) {
            if self.wrong.iter().all(|known| known.path != file.path) {
                self.wrong.push(file);
            }
        }
    }
}

fn not_found(name: &str, pool: &Loaded) -> Diagnostic {
    let message = format!("'{name}' is no file or folder, and no rule that can run has this id or name");
    let not_run = pool
        .not_run
        .iter()
        .chain(&pool.deprecated)
        .chain(&pool.parts)
        .find(|(rule, _)| rule.id == name || rule.name == name);
    let help = match not_run {
        Some((rule, file)) => format!("the rule of {file} does not run ({}): {}", rule.language, rule.reason),
        None => "name a path beside the test file, an id or name of a rule under `rules` of the file or `-r`, or \"builtin\"".to_owned(),
    };
    Diagnostic::error(codes::MISSING_RULE, Span::default(), message).help(help)
}

/// Resolves a word in `rules`: the built-in rules, a path beside the test file, or a rule by its id or name.
pub fn rule_source(word: &str, folder: &Path) -> RuleSource {
    if word == BUILTIN {
        return RuleSource::Builtin;
    }
    let path = folder.join(word);
    if path.exists() { RuleSource::Path(path) } else { RuleSource::Named(word.to_owned()) }
}
