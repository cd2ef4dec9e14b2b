//! Correlations of Sigma wait until all rules are loaded: the rules that they name may stand in any file.
//!
//! A rule that a correlation names gives no alerts of its own, unless the correlation says `generate: true`; so it is in pySigma, the reference implementation.

use super::codes;
use super::rule::{NotRun, Rule};
use super::sigma::{CorrelatedRule, CorrelationTree, SigmaCorrelation, compile_correlation};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::similar;
use hashbrown::{HashMap, HashSet};

/// What became of a rule that a correlation may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleStanding {
    /// It runs.
    Runs,
    /// Its authors have taken it back.
    Deprecated,
    /// It is about another log than Sysmon's.
    Elsewhere,
    /// It does not run for another reason.
    NotRun,
    /// Something is wrong with it.
    Wrong,
}

/// Correlations, and all rules by the names that they may be called by.
#[derive(Debug, Default)]
pub struct WaitingCorrelations {
    waiting: Vec<WaitingCorrelation>,
    /// Their positions by their ids.
    positions: HashMap<String, usize>,
    /// The id of the rule of each id and name, and what became of it.
    known: HashMap<String, (String, RuleStanding)>,
    /// The names of rules by their ids.
    names: HashMap<String, String>,
}

/// A correlation, and the position of its file.
#[derive(Debug)]
struct WaitingCorrelation {
    written: SigmaCorrelation,
    file: usize,
}

/// What became of correlations.
#[derive(Debug, Default)]
pub struct SettledCorrelations {
    /// Those that run, each with the position of its file.
    pub rules: Vec<(Rule, usize)>,
    /// Those that do not, each with the position of its file.
    pub not_run: Vec<(NotRun, usize)>,
    /// Those about other logs than Sysmon's.
    pub elsewhere: Vec<(NotRun, usize)>,
    /// Everything that is wrong, with the position of the file.
    pub findings: Vec<(Diagnostic, usize)>,
    /// The ids of rules that give no alerts of their own, each with the name of the first correlation that it is for.
    pub parts: HashMap<String, String>,
}

/// What keeps a correlation from running.
enum Hindrance {
    Wrong(Vec<Diagnostic>),
    NotRun(String),
    Elsewhere,
}

impl WaitingCorrelations {
    /// Notes a rule. Of two rules of one name the first counts.
    pub fn note(&mut self, id: &str, name: Option<&str>, standing: RuleStanding) {
        for called in [Some(id), name].into_iter().flatten().filter(|called| !called.is_empty()) {
            let entry = (id.to_owned(), standing);
            match self.known.get_mut(called) {
                // A rule that runs takes the place of a copy that does not.
                Some(known) if known.1 != RuleStanding::Runs => *known = entry,
                Some(_) => {}
                None => {
                    self.known.insert(called.to_owned(), entry);
                }
            }
        }
        if let Some(name) = name {
            self.names.entry_ref(id).or_insert_with(|| name.to_owned());
        }
    }

    /// Adds a correlation of the file at a position.
    pub fn add(&mut self, written: SigmaCorrelation, file: usize) {
        self.positions.entry_ref(&written.meta.id).or_insert(self.waiting.len());
        self.waiting.push(WaitingCorrelation { written, file });
    }

    /// Makes rules of the correlations. `rule` finds a rule that runs by its id.
    pub fn settle<'r>(&self, rule: impl Fn(&str) -> Option<&'r Rule>) -> SettledCorrelations {
        let mut settled = SettledCorrelations::default();
        for (at, WaitingCorrelation { written, file }) in self.waiting.iter().enumerate() {
            let not_run = |reason: String| NotRun {
                id: written.meta.id.clone(),
                name: written.meta.name.clone(),
                language: "sigma correlation".to_owned(),
                reason,
            };
            let mut builder = TreeBuilding { of: self, rule: &rule, on_the_way: vec![at], left: MOST_NAMES };
            let made = builder.tree(at).and_then(|tree| {
                let made = compile_correlation(&tree).map_err(Hindrance::Wrong)?;
                Ok((made, tree))
            });
            match made {
                Ok((made, tree)) => {
                    for (part, (name, at)) in tree.rules.iter().zip(&written.rules) {
                        let id = match part {
                            CorrelatedRule::Event { rule, .. } => &rule.meta.id,
                            CorrelatedRule::Correlation(tree) => &tree.written.meta.id,
                            CorrelatedRule::Elsewhere => {
                                settled.findings.push((counts_for_nothing(name, *at), *file));
                                continue;
                            }
                        };
                        if !written.generate {
                            settled.parts.entry_ref(id).or_insert_with(|| written.meta.name.clone());
                        }
                    }
                    settled.rules.push((made, *file));
                }
                Err(Hindrance::Wrong(found)) => {
                    settled.findings.extend(found.into_iter().map(|found| (found, *file)));
                }
                Err(Hindrance::NotRun(reason)) => settled.not_run.push((not_run(reason), *file)),
                Err(Hindrance::Elsewhere) => {
                    settled.elsewhere.push((not_run("it is about another log than Sysmon's".to_owned()), *file));
                }
            }
        }
        settled
    }

    fn not_known(&self, name: &str, at: Span) -> Diagnostic {
        let message = format!("no rule has the id or name `{name}`");
        let found = Diagnostic::error(codes::BAD_CORRELATION, at, message);
        // In order, so that the same files always give the same advice.
        let mut names: Vec<&str> = self.known.keys().map(String::as_str).collect();
        names.sort_unstable();
        match similar(name, names.into_iter()) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help("-r must be given the file of that rule, too"),
        }
    }
}

/// Most names of rules that are followed for one correlation. A few correlations that name each other twice come down to very many rules.
const MOST_NAMES: usize = 4096;

/// Puts a correlation together with the rules that it names.
struct TreeBuilding<'w, F> {
    of: &'w WaitingCorrelations,
    rule: &'w F,
    /// The correlations that led here, by their positions.
    on_the_way: Vec<usize>,
    /// How many names may still be followed.
    left: usize,
}

impl<'w, 'r: 'w, F: Fn(&str) -> Option<&'r Rule>> TreeBuilding<'w, F> {
    /// The correlation at a position with its rules, or what hinders it.
    fn tree(&mut self, at: usize) -> Result<CorrelationTree<'w>, Hindrance> {
        let of = self.of;
        let written = &of.waiting[at].written;
        let (mut rules, mut found, mut unknown, mut not_run) = (Vec::new(), Vec::new(), Vec::new(), None);
        let mut wrong = |at: Span, message: String| found.push(Diagnostic::error(codes::BAD_CORRELATION, at, message));
        for (name, at) in &written.rules {
            if self.left == 0 {
                wrong(*at, "the correlations that this names come down to too many rules".to_owned());
                break;
            }
            self.left -= 1;
            match of.known.get(name) {
                Some((id, RuleStanding::Runs)) => match self.rule(id) {
                    Ok(rule) => rules.push(rule),
                    Err(Hindrance::NotRun(reason)) => not_run = Some(reason),
                    Err(Hindrance::Elsewhere) => rules.push(CorrelatedRule::Elsewhere),
                    // A circle is told where it is entered, and by each correlation in it.
                    Err(Hindrance::Wrong(inside)) if inside.is_empty() && self.on_the_way.len() > 1 => {
                        return Err(Hindrance::Wrong(inside));
                    }
                    Err(Hindrance::Wrong(inside)) if inside.is_empty() => {
                        wrong(*at, format!("`{name}` leads into a circle of correlations"));
                    }
                    Err(Hindrance::Wrong(_)) => wrong(*at, format!("the correlation `{name}` has an error itself")),
                },
                Some((_, RuleStanding::Elsewhere)) => rules.push(CorrelatedRule::Elsewhere),
                Some((_, RuleStanding::Deprecated)) => {
                    not_run = Some(format!("the rule `{name}` is deprecated, and runs with --deprecated only"));
                }
                Some((_, RuleStanding::NotRun)) => not_run = Some(format!("`{name}`, which it is about, does not run")),
                Some((_, RuleStanding::Wrong)) => wrong(*at, format!("the rule `{name}` has an error itself")),
                None => unknown.push(of.not_known(name, *at)),
            }
        }
        found.extend(unknown);
        if !found.is_empty() {
            return Err(Hindrance::Wrong(found));
        }
        if let Some(reason) = not_run {
            return Err(Hindrance::NotRun(reason));
        }
        let lacking = rules.iter().filter(|rule| matches!(rule, CorrelatedRule::Elsewhere)).count();
        if lacking == rules.len() || lacking > 0 && written.needs_all_rules() {
            return Err(Hindrance::Elsewhere);
        }
        let name = of.names.get(&written.meta.id).map(String::as_str);
        Ok(CorrelationTree { written, name, rules })
    }

    /// The rule or correlation of an id. An error without findings means a correlation that led here.
    fn rule(&mut self, id: &str) -> Result<CorrelatedRule<'w>, Hindrance> {
        if let Some(at) = self.of.positions.get(id).copied() {
            if self.on_the_way.contains(&at) {
                return Err(Hindrance::Wrong(Vec::new()));
            }
            self.on_the_way.push(at);
            let tree = self.tree(at);
            self.on_the_way.pop();
            return tree.map(CorrelatedRule::Correlation);
        }
        let name = self.of.names.get(id).map(String::as_str);
        let rule =
            (self.rule)(id).ok_or_else(|| Hindrance::NotRun(format!("`{id}`, which it is about, does not run")))?;
        Ok(CorrelatedRule::Event { rule, name })
    }
}

/// The warning for a rule whose events are not read here.
fn counts_for_nothing(name: &str, at: Span) -> Diagnostic {
    let message = format!("the rule `{name}` is about another log than Sysmon's, and counts for nothing here");
    Diagnostic::warning(codes::BAD_CORRELATION, at, message)
}

/// Rules that only serve correlations, taken out of others: for each why it gives no alerts of its own, with its file.
pub fn take_parts(rules: &mut Vec<Rule>, parts: &HashMap<String, String>) -> Vec<(NotRun, String)> {
    let ids: HashSet<&str> = parts.keys().map(String::as_str).collect();
    let mut taken = Vec::new();
    for rule in std::mem::take(rules) {
        if ids.contains(rule.meta.id.as_str()) {
            let correlation = &parts[&rule.meta.id];
            let not_run = NotRun {
                id: rule.meta.id.clone(),
                name: rule.meta.name.clone(),
                language: rule.origin.language.name().to_owned(),
                reason: format!("it is a part of the correlation '{correlation}'"),
            };
            taken.push((not_run, rule.origin.file.to_string()));
        } else {
            rules.push(rule);
        }
    }
    taken
}
