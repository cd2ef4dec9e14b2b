//! A correlation becomes a rule, once the rules that it names are known.
//!
//! What it counts becomes a threshold whose filters are the conditions of those rules, `temporal_ordered` a sequence of them, and a correlation of correlations a
//! tree of both. The query is written down in EQL as far as EQL can say it, for people; a threshold is described above the conditions that it is about.

use super::super::codes;
use super::super::place::{QueryPlace, to_u32};
use super::super::rule::{Level, QueryOrigin, Rule, RuleForm, RuleLanguage};
use super::correlation::{CorrelationKind, SigmaCorrelation, WrittenName};
use super::eql_text::{in_eql, plain_name};
use crate::base::{Span, Ticks};
use crate::diag::Diagnostic;
use crate::eql::{
    CompiledCorrelation, CompiledSequence, CompiledThreshold, CorrelationInput, CorrelationNode, CorrelationTest,
    CountedFields, KeyField, LeafUse, Measure, Predicate, Query, QueryOptions, TermFilter, UnknownName,
};
use std::sync::Arc;

/// A rule that a correlation names.
#[derive(Clone, Debug)]
pub enum CorrelatedRule<'r> {
    /// A rule about single events.
    Event {
        rule: &'r Rule,
        /// The name by which aliases may call it beside its id.
        name: Option<&'r str>,
    },
    /// Another correlation.
    Correlation(CorrelationTree<'r>),
    /// A rule about another log: there are no events of it.
    Elsewhere,
}

/// A correlation with the rules that it names.
#[derive(Clone, Debug)]
pub struct CorrelationTree<'r> {
    pub written: &'r SigmaCorrelation,
    /// The name by which aliases may call it beside its id.
    pub name: Option<&'r str>,
    /// One for each name.
    pub rules: Vec<CorrelatedRule<'r>>,
}

/// The most rules about events that a correlation may come down to.
const MOST_LEAVES: usize = 256;

/// A rule about events in a tree of correlations.
struct TreeLeaf<'r> {
    /// The positions on the way to it.
    path: Vec<usize>,
    /// None of a rule about another log.
    rule: Option<&'r Rule>,
    /// Where the uppermost correlation names what leads to it.
    place: Span,
}

/// The rule that a correlation becomes; or what is wrong.
pub fn compile(tree: &CorrelationTree<'_>) -> Result<Rule, Vec<Diagnostic>> {
    let correlation = tree.written;
    let mut found = Vec::new();
    tree.check_aliases(&mut found);
    let mut leaves = Vec::new();
    tree.collect(&mut Vec::new(), None, &mut leaves);
    if leaves.len() > MOST_LEAVES {
        let message = format!("the correlation comes down to more than {MOST_LEAVES} rules");
        found.push(Diagnostic::error(codes::BAD_CORRELATION, correlation.span, message));
    }
    if !found.is_empty() {
        return Err(found);
    }
    let (source, parts, spans) = tree.written(&leaves);
    let mut compiler = TreeCompiler { tree, leaves: &leaves, spans: &spans, filters: Vec::new() };
    let query = compiler.query();
    let rules = || leaves.iter().filter_map(|leaf| leaf.rule);
    let mut meta = correlation.meta.clone();
    if !correlation.has_level {
        // The correlation matters at least as much as what it is made of.
        meta.level = rules().map(|rule| rule.meta.level).max().unwrap_or(Level::Low);
        meta.risk_score = rules().map(|rule| rule.meta.risk_score).fold(0.0, f64::max);
    }
    meta.event_ids = rules().flat_map(|rule| rule.meta.event_ids.iter().copied()).collect();
    meta.event_ids.sort_unstable();
    meta.event_ids.dedup();
    let keys =
        query.filters().iter().flat_map(|filter| filter.key_fields().map(|key| (key.field.name(), filter.span())));
    let mut unknown: Vec<UnknownName> = keys.filter_map(|(name, span)| UnknownName::field(name, span)).collect();
    unknown.extend(rules().flat_map(|rule| rule.unknown.iter().cloned()));
    unknown.dedup();
    Ok(Rule {
        meta,
        source,
        query,
        exceptions: Arc::default(),
        unknown: unknown.into(),
        categories: rules().flat_map(|rule| rule.categories.iter().cloned()).collect(),
        origin: QueryOrigin {
            place: QueryPlace::Parts(parts),
            form: RuleForm::Sigma,
            language: RuleLanguage::Sigma,
            options: QueryOptions { is_translation: true, ..QueryOptions::default() },
            ..QueryOrigin::default()
        },
    })
}

impl CorrelatedRule<'_> {
    /// Whether a name that an alias has means this rule, which the correlation calls by another.
    fn is_called(&self, called: &str, reference: &str) -> bool {
        let (id, name) = match self {
            Self::Event { rule, name } => (&rule.meta.id, *name),
            Self::Correlation(tree) => (&tree.written.meta.id, tree.name),
            Self::Elsewhere => return called == reference,
        };
        called == reference || called == id || name == Some(called)
    }
}

impl<'r> CorrelationTree<'r> {
    /// Aliases must be about rules of their correlation.
    fn check_aliases(&self, found: &mut Vec<Diagnostic>) {
        let correlation = self.written;
        for ((called, at), _) in correlation.aliases.iter().flat_map(|alias| &alias.fields) {
            let is_it = |((reference, _), rule): (&WrittenName, &CorrelatedRule<'_>)| rule.is_called(called, reference);
            if !correlation.rules.iter().zip(&self.rules).any(is_it) {
                let message = format!("the alias is about `{called}`, which is none of the correlation's rules");
                found.push(Diagnostic::error(codes::BAD_CORRELATION, *at, message));
            }
        }
    }

    /// Adds the rules about events below, each with its path. No more than one above the limit: correlations that name each other many times come down to very many.
    fn collect(&self, path: &mut Vec<usize>, place: Option<Span>, leaves: &mut Vec<TreeLeaf<'r>>) {
        for (at, ((_, own), rule)) in self.written.rules.iter().zip(&self.rules).enumerate() {
            if leaves.len() > MOST_LEAVES {
                return;
            }
            let place = place.unwrap_or(*own);
            path.push(at);
            match rule {
                CorrelatedRule::Event { rule, .. } => {
                    leaves.push(TreeLeaf { path: path.clone(), rule: Some(rule), place });
                }
                CorrelatedRule::Elsewhere => leaves.push(TreeLeaf { path: path.clone(), rule: None, place }),
                CorrelatedRule::Correlation(tree) => tree.collect(path, Some(place), leaves),
            }
            path.pop();
        }
    }

    /// The correlation at a path below.
    fn at(&self, path: &[usize]) -> &Self {
        match path {
            [first, rest @ ..] => match &self.rules[*first] {
                CorrelatedRule::Correlation(tree) => tree.at(rest),
                _ => self,
            },
            [] => self,
        }
    }

    /// The field that a name of the correlation stands for in the events of the rule at a path below.
    fn field(&self, path: &[usize], name: &str) -> String {
        let [first, rest @ ..] = path else { return plain_name(name) };
        let (rule, (reference, _)) = (&self.rules[*first], &self.written.rules[*first]);
        let alias = self.written.aliases.iter().find(|alias| alias.name == name);
        let own =
            alias.and_then(|alias| alias.fields.iter().find(|((called, _), _)| rule.is_called(called, reference)));
        let name = own.map_or(name, |(_, (field, _))| field);
        match rule {
            CorrelatedRule::Correlation(tree) => tree.field(rest, name),
            _ => plain_name(name),
        }
    }

    /// The fields that names of the correlation at a depth of a path stand for in the events of the rule there.
    fn fields_at(&self, path: &[usize], depth: usize, names: &[WrittenName]) -> Vec<String> {
        let (above, below) = path.split_at(depth);
        names.iter().map(|(name, _)| self.at(above).field(below, name)).collect()
    }

    /// The text of the query, which parts of it are made of what, and where the condition of each leaf stands in it.
    fn written(&self, leaves: &[TreeLeaf<'_>]) -> (String, Vec<(Span, Span)>, Vec<Span>) {
        let (mut text, mut parts, mut spans) = (String::new(), Vec::new(), Vec::new());
        let mut open: Vec<usize> = Vec::new();
        for (at, leaf) in leaves.iter().enumerate() {
            let above = &leaf.path[..leaf.path.len() - 1];
            // The heads of correlations that begin here.
            let shared = open.iter().zip(above).take_while(|(left, right)| left == right).count();
            let from = if at == 0 { 0 } else { shared + 1 };
            for depth in from..=above.len() {
                let names = self.fields_at(&leaf.path, depth, &self.at(&above[..depth]).written.condition.fields);
                let head = head(self.at(&above[..depth]).written, &names);
                if !text.is_empty() {
                    text.push_str(&line(depth));
                }
                text.push_str(&head);
            }
            open = above.to_vec();
            text.push_str(&line(leaf.path.len()));
            let start = to_u32(text.len());
            text.extend(["[", leaf.rule.map_or("any where false", |rule| &rule.source), "]"]);
            let span = Span::new(start, to_u32(text.len()));
            parts.push((span, leaf.place));
            spans.push(span);
            let keys = self.fields_at(&leaf.path, above.len(), &self.at(above).written.group_by);
            if !keys.is_empty() {
                text.extend([" by ", &listed(&keys)]);
            }
        }
        (text, parts, spans)
    }
}

/// A new line at a depth.
fn line(depth: usize) -> String {
    format!("\n{}", "  ".repeat(depth))
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| in_eql(name.clone())).collect::<Vec<_>>().join(", ")
}

/// What a correlation demands, on one line.
fn head(correlation: &SigmaCorrelation, counted: &[String]) -> String {
    let of = if counted.is_empty() { String::new() } else { format!(" of {}", listed(counted)) };
    let time = &correlation.timespan_text;
    match correlation.kind {
        CorrelationKind::Ordered if time.ends_with(['w', 'M', 'y']) => {
            format!("sequence with maxspan={}s", correlation.timespan.0 / Ticks::PER_SECOND)
        }
        CorrelationKind::Ordered => format!("sequence with maxspan={time}"),
        kind @ CorrelationKind::Counts(_) => {
            format!("{}{of} {} within {time}", kind.name(), correlation.condition.text)
        }
    }
}

/// Makes filters and nodes of a tree.
struct TreeCompiler<'t, 'r> {
    tree: &'t CorrelationTree<'r>,
    leaves: &'t [TreeLeaf<'r>],
    spans: &'t [Span],
    filters: Vec<TermFilter>,
}

impl TreeCompiler<'_, '_> {
    fn query(&mut self) -> Query {
        self.filters = (0..self.leaves.len()).map(|leaf| self.filter(leaf, self.counted_above(leaf))).collect();
        let root = self.node(&mut Vec::new());
        let filters = std::mem::take(&mut self.filters);
        if self.leaves.iter().any(|leaf| leaf.path.len() > 1) {
            return Query::Correlation(CompiledCorrelation::new(filters, self.leaves.len(), root));
        }
        match test(self.tree.written, filters) {
            CorrelationTest::Threshold(threshold) => Query::Threshold(threshold),
            CorrelationTest::Sequence(sequence) => Query::Sequence(sequence),
        }
    }

    /// A filter with the condition of a leaf, under the keys of the uppermost correlation.
    fn filter(&self, leaf: usize, counted: Option<CountedFields>) -> TermFilter {
        let TreeLeaf { path, rule, .. } = &self.leaves[leaf];
        let predicate = match rule.map(|rule| (&rule.query, &rule.source)) {
            Some((Query::Event(query), source)) => query.predicate().written_in(source),
            _ => Predicate::always(false),
        };
        let keys = self.tree.fields_at(path, 0, &self.tree.written.group_by);
        let keys = keys.iter().map(|name| KeyField::named(name, false)).collect();
        TermFilter::counting(predicate, keys, counted, self.spans[leaf])
    }

    /// What the correlation right above a leaf counts of its events.
    fn counted_above(&self, leaf: usize) -> Option<CountedFields> {
        let depth = self.leaves[leaf].path.len() - 1;
        self.counted(leaf, depth)
    }

    /// What the correlation at a depth counts of the events of a leaf.
    fn counted(&self, leaf: usize, depth: usize) -> Option<CountedFields> {
        let path = &self.leaves[leaf].path;
        let condition = &self.tree.at(&path[..depth]).written.condition;
        let names = self.tree.fields_at(path, depth, &condition.fields);
        match condition.bounds.first().map(|bound| bound.measure)? {
            measure if measure.is_of_numbers() => names.first().map(|name| CountedFields::number(name)),
            Measure::Values => Some(CountedFields::distinct(&names)),
            _ => None,
        }
    }

    /// Adds a filter that carries values of the events of a leaf; its number.
    fn carrier(&mut self, leaf: usize, counted: CountedFields) -> usize {
        self.filters.push(self.filter(leaf, Some(counted)));
        self.filters.len() - 1
    }

    /// The correlation at a path.
    fn node(&mut self, path: &mut Vec<usize>) -> CorrelationNode {
        let tree = self.tree.at(path);
        let mut inputs = Vec::new();
        for (at, rule) in tree.rules.iter().enumerate() {
            path.push(at);
            inputs.push(match rule {
                CorrelatedRule::Correlation(_) => CorrelationInput::Node(self.node(path)),
                _ => CorrelationInput::Leaf(self.leaves.iter().position(|leaf| leaf.path == *path).unwrap_or_default()),
            });
            path.pop();
        }
        let below: Vec<usize> =
            (0..self.leaves.len()).filter(|leaf| self.leaves[*leaf].path.starts_with(path)).collect();
        let has_own_key = !path.is_empty() && below.iter().any(|leaf| self.differs_from_above(*leaf, path.len()));
        let leaves = below.into_iter().map(|leaf| self.leaf_use(leaf, path.len(), has_own_key)).collect();
        let nothing = |_| TermFilter::counting(Predicate::always(false), Vec::new(), None, Span::default());
        CorrelationNode { test: test(tree.written, (0..inputs.len()).map(nothing).collect()), inputs, leaves }
    }

    fn keys_at(&self, leaf: usize, depth: usize) -> Vec<String> {
        let path = &self.leaves[leaf].path;
        self.tree.fields_at(path, depth, &self.tree.at(&path[..depth]).written.group_by)
    }

    /// Whether the correlation at a depth groups the events of a leaf by other fields than the one above it.
    fn differs_from_above(&self, leaf: usize, depth: usize) -> bool {
        let [mut own, mut above] = [depth, depth - 1].map(|depth| self.keys_at(leaf, depth));
        own.sort_unstable();
        above.sort_unstable();
        own != above
    }

    fn leaf_use(&mut self, leaf: usize, depth: usize, has_own_key: bool) -> LeafUse {
        let keys = if has_own_key { self.keys_at(leaf, depth) } else { Vec::new() };
        let key = (!keys.is_empty()).then(|| self.carrier(leaf, CountedFields::distinct(&keys)));
        let is_right_above = depth + 1 == self.leaves[leaf].path.len();
        let value = self.counted(leaf, depth);
        let value = value.map(|counted| if is_right_above { leaf } else { self.carrier(leaf, counted) });
        LeafUse { leaf, key, value }
    }
}

/// How a correlation judges what its filters take.
fn test(correlation: &SigmaCorrelation, filters: Vec<TermFilter>) -> CorrelationTest {
    match correlation.kind {
        CorrelationKind::Ordered => {
            CorrelationTest::Sequence(CompiledSequence::of_filters(filters, correlation.timespan))
        }
        CorrelationKind::Counts(_) => {
            let bounds = correlation.condition.bounds.clone();
            CorrelationTest::Threshold(CompiledThreshold::new(filters, correlation.timespan, bounds))
        }
    }
}
