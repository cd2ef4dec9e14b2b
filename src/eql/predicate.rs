//! Compiled conditions: a tree of `and`, `or`, `not` over leaves, each leaf true or false for a document.
//!
//! A leaf names fields and a test. The test is tried on every combination of the fields' values, one value per field (the same field twice has the same
//! value); the leaf holds if any combination gives true. A field without values is null in the test, and null is not true. So `not` over a leaf is
//! true for missing fields, exactly as in Elasticsearch. Evaluation cannot fail: checking has seen to types, and what is left over gives null.
//!
//! The tree is immutable and shared between threads. It does not know how it was written or where.
//!
//! Three things are done to a tree before any document is tried on it. Take `process where process.name : ("a.exe", "b*") and event.code == "1"`:
//!
//! - It is *specialised* to what is known of some documents. For event ID 1 category and code are constants, and the residual predicate is
//!   `process.name : ("a.exe", "b*")`; for ID 3 the category is `network`, and the whole tree folds to false.
//! - Its *needs* are worked out: texts of which a document must have one, here `a.exe` as a whole value or `b` as a part of one. A search for them decides
//!   most documents before any condition is evaluated. A part as short as `b` is in most values, so that no search is made for this list.
//! - Its operands are *ordered by cost*: a look-up in a set before a regular expression, fields that stand in the record before those that are derived.

use super::ast::{ArithmeticOp, LogicOp};
use super::datum::{Constant, Datum, read_all};
use super::function::Function;
use super::known_values::KnownValues;
use super::lucene::LuceneRegex;
use super::operators;
use super::spread::Spread;
use super::text_set::TextSet;
use super::word_set::WordSet;
use crate::base::Span;
use crate::base::wildcard::fold;
use crate::ecs::{Field, FieldType};
use crate::event::{Document, Fields};
use ipnet::IpNet;
use std::cmp::Ordering;
use std::sync::Arc;

/// A condition, ready to be tried on documents.
#[derive(Clone, Debug)]
pub struct Predicate(PredicateNode);

/// Something of which a document must have one for a condition to hold: see [`Predicate::required_among`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need<'p> {
    /// The field that must have the text.
    pub field: &'p Field,
    /// The text, in lower case as patterns fold it.
    pub text: String,
    /// Whether it is a whole value. If not, it is a part of one: in ASCII, or one character beyond it, which stands for all that no value of ASCII has.
    pub whole: bool,
}

/// Estimated cost of a condition on whichever fields a document has.
const COST_OF_SPREAD: usize = 1000;

/// The shortest part of a value that is worth looking for.
const SHORTEST_PART: usize = 3;

/// A node of the tree while it is built and folded.
#[derive(Clone, Debug)]
pub(super) enum PredicateNode {
    /// Known before any document is seen; `None` is null.
    Constant(Option<bool>),
    Not(Box<PredicateNode>),
    All(Vec<PredicateNode>),
    Any(Vec<PredicateNode>),
    Leaf(Arc<Leaf>),
    /// On whichever fields a document has.
    Spread(Spread<Predicate>),
}

/// A test over the values of some fields.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub fields: Vec<Field>,
    pub test: CompiledExpr,
    /// Where it is written; `None` for the test of the category, which is written before `where`.
    pub span: Option<Span>,
    /// Whether what is written there is the opposite: `!=`, `not in`.
    pub negated: bool,
    /// The text that the span is of, where that is not the query.
    pub source: Option<Arc<str>>,
}

/// Which orders satisfy a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A compiled expression over the values bound to a leaf's fields.
#[derive(Clone, Debug)]
pub(super) enum CompiledExpr {
    Constant(Datum<'static>),
    /// The value of the leaf's field of this number.
    Slot(usize),
    Call {
        function: Function,
        insensitive: bool,
        arguments: Vec<CompiledExpr>,
    },
    /// In lower case, as a multi-field for any letters' case has it.
    Lower(Box<CompiledExpr>),
    Negate(Box<CompiledExpr>),
    Arithmetic {
        first: Box<CompiledExpr>,
        rest: Vec<(ArithmeticOp, CompiledExpr)>,
    },
    Compare {
        op: Comparison,
        value: Box<CompiledExpr>,
        constant: Box<Constant>,
    },
    IsNull(Box<CompiledExpr>),
    /// Equal to one of several constants; texts among them are looked up in the set.
    OneOf {
        value: Box<CompiledExpr>,
        texts: TextSet,
        constants: Vec<Constant>,
    },
    /// Fits one of several patterns.
    Text {
        value: Box<CompiledExpr>,
        set: TextSet,
    },
    Regex {
        value: Box<CompiledExpr>,
        regex: Box<LuceneRegex>,
    },
    /// Has one of several phrases or words in it.
    Words {
        value: Box<CompiledExpr>,
        set: WordSet,
    },
    Cidr {
        value: Box<CompiledExpr>,
        blocks: Vec<IpNet>,
    },
    /// Is known to a table.
    Known {
        value: Box<CompiledExpr>,
        table: Arc<dyn KnownValues>,
    },
    Not(Box<CompiledExpr>),
    Logic {
        op: LogicOp,
        operands: Vec<CompiledExpr>,
    },
}

/// Ranks lists of needs: the least is the one that fewest documents fulfil.
type Selectivity = fn(&[Need<'_>]) -> (usize, usize);

/// For a look-up: whole texts are more selective than parts, and few texts more than many.
fn whole_texts(needs: &[Need<'_>]) -> (usize, usize) {
    (usize::from(needs.iter().any(|need| !need.whole)), needs.len())
}

/// For a search: long texts are rarely met.
fn longest(needs: &[Need<'_>]) -> (usize, usize) {
    let shortest = needs.iter().map(|need| need.text.len()).min();
    (usize::MAX - shortest.unwrap_or(usize::MAX), needs.len())
}

fn most_selective(lists: Vec<Vec<Need<'_>>>, selectivity: Selectivity) -> Option<Vec<Need<'_>>> {
    lists.into_iter().min_by_key(|list| selectivity(list))
}

impl PredicateNode {
    /// Marks a single test as written by its opposite at this place (`!=`, `not in`).
    pub fn written_negated(self, at: Span) -> Self {
        match self {
            Self::Leaf(leaf) if leaf.span == Some(at) => {
                Self::Leaf(Arc::new(Leaf { negated: true, ..Leaf::clone(&leaf) }))
            }
            other => other,
        }
    }

    /// The condition in EQL; single tests are quoted from the query they were written in. Says whether it needs parentheses beside others.
    fn text(&self, source: &str) -> (String, bool) {
        // Operands of a chain get parentheses whenever they are chains themselves, `and` inside `or` too: what is printed here is read by people, who
        // should not have to know precedences.
        let joined = |nodes: &[Self], word: &str| {
            let part = |node: &Self| match node.text(source) {
                (text, true) => format!("({text})"),
                (text, false) => text,
            };
            (nodes.iter().map(part).collect::<Vec<_>>().join(word), true)
        };
        match self {
            Self::Constant(Some(known)) => (known.to_string(), false),
            Self::Constant(None) => ("null".to_owned(), false),
            Self::All(nodes) => joined(nodes, " and "),
            Self::Any(nodes) => joined(nodes, " or "),
            Self::Not(inner) => match &**inner {
                // The test was written as `x != 1`, and this `not` is the one inside of `!=`: quoting the test says it all.
                Self::Leaf(leaf) if leaf.negated => (leaf.quoted(source), false),
                inner => match inner.text(source) {
                    (text, true) => (format!("not ({text})"), false),
                    (text, false) => (format!("not {text}"), false),
                },
            },
            Self::Leaf(leaf) if leaf.negated => (format!("not ({})", leaf.quoted(source)), false),
            Self::Leaf(leaf) => (leaf.quoted(source), false),
            Self::Spread(spread) => (spread.text().to_owned(), false),
        }
    }

    /// The conditions that must all hold.
    fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(nodes) => nodes,
            other => std::slice::from_ref(other),
        }
    }

    /// Notes in all tests which text they were written in.
    fn written_in(&self, source: &Arc<str>) -> Self {
        let each = |nodes: &[Self]| nodes.iter().map(|node| node.written_in(source)).collect();
        match self {
            Self::Constant(_) | Self::Spread(_) => self.clone(),
            Self::Not(inner) => Self::Not(Box::new(inner.written_in(source))),
            Self::All(nodes) => Self::All(each(nodes)),
            Self::Any(nodes) => Self::Any(each(nodes)),
            Self::Leaf(leaf) => Self::Leaf(Arc::new(Leaf { source: Some(source.clone()), ..Leaf::clone(leaf) })),
        }
    }

    /// Negates; null stays null.
    pub fn not(self) -> Self {
        match self {
            Self::Constant(known) => Self::Constant(known.map(|known| !known)),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Conjunction. A constant null makes all of it null, even beside conditions that depend on the document.
    pub fn all(nodes: Vec<Self>) -> Self {
        let mut null = false;
        let mut rest = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Self::Constant(Some(true)) => {}
                Self::Constant(Some(false)) => return Self::Constant(Some(false)),
                Self::Constant(None) => null = true,
                Self::All(inner) => rest.extend(inner),
                other => rest.push(other),
            }
        }
        // Not an ordinary three-valued `and`, in which false beside null is false: Elasticsearch's optimiser replaces the whole chain before any document
        // is seen.
        if null {
            return Self::Constant(None);
        }
        if rest.len() == 1 {
            rest.remove(0)
        } else if rest.is_empty() {
            Self::Constant(Some(true))
        } else {
            Self::All(rest)
        }
    }

    /// Disjunction. A constant null drops out.
    pub fn any(nodes: Vec<Self>) -> Self {
        let mut null = false;
        let mut rest = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Self::Constant(Some(true)) => return Self::Constant(Some(true)),
                Self::Constant(Some(false)) => {}
                Self::Constant(None) => null = true,
                Self::Any(inner) => rest.extend(inner),
                other => rest.push(other),
            }
        }
        match rest.len() {
            0 => Self::Constant(if null { None } else { Some(false) }),
            1 => rest.remove(0),
            _ => Self::Any(rest),
        }
    }

    fn is_shared_with(&self, other: &Self) -> bool {
        let each = |nodes: &[Self], others: &[Self]| {
            nodes.len() == others.len() && nodes.iter().zip(others).all(|(node, other)| node.is_shared_with(other))
        };
        match (self, other) {
            (Self::Leaf(leaf), Self::Leaf(other)) => Arc::ptr_eq(leaf, other),
            (Self::Not(inner), Self::Not(other)) => inner.is_shared_with(other),
            (Self::All(nodes), Self::All(others)) | (Self::Any(nodes), Self::Any(others)) => each(nodes, others),
            _ => false,
        }
    }

    fn matches(&self, document: &dyn Fields) -> bool {
        match self {
            Self::Constant(known) => *known == Some(true),
            Self::Not(inner) => !inner.matches(document),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(document)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(document)),
            Self::Leaf(leaf) => leaf.matches(document),
            Self::Spread(spread) => {
                spread.among(document.fields().into_iter()).any(|condition| condition.matches(document))
            }
        }
    }

    /// Lists of needs: a document must have one of each list. Of the lists of a branch of an `or`, the one that comes first by `selectivity` stands for all.
    fn needs(&self, usable: &dyn Fn(&Field) -> bool, selectivity: Selectivity) -> Vec<Vec<Need<'_>>> {
        match self {
            // Under `not` a text says what must be absent, from which nothing follows about what must be there.
            Self::Constant(Some(true)) | Self::Not(_) | Self::Spread(_) => Vec::new(),
            // Never true: a document would have to have one of no texts.
            Self::Constant(_) => vec![Vec::new()],
            Self::All(nodes) => nodes.iter().flat_map(|node| node.needs(usable, selectivity)).collect(),
            Self::Any(nodes) => {
                // `a : "*foo*" or b : "*bar*"` needs one of `foo` and `bar`; a branch without a list may hold alone, and then there is none.
                let each: Option<Vec<Vec<Need<'_>>>> =
                    nodes.iter().map(|node| most_selective(node.needs(usable, selectivity), selectivity)).collect();
                each.map(|each| each.concat()).into_iter().collect()
            }
            Self::Leaf(leaf) => {
                let Some(field) = leaf.fields.first().filter(|field| usable(field)) else { return Vec::new() };
                let need = |(text, whole)| Need { field, text, whole };
                leaf.required().map(|texts| texts.into_iter().map(need).collect()).into_iter().collect()
            }
        }
    }

    /// Collects the needs of all single tests, those under a negation too.
    fn all_required<'n>(&'n self, found: &mut Vec<Need<'n>>) {
        match self {
            Self::Constant(_) | Self::Spread(_) => {}
            Self::Not(inner) => inner.all_required(found),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.all_required(found)),
            Self::Leaf(_) => found.extend(self.needs(&|_| true, longest).concat()),
        }
    }

    fn fields<'n>(&'n self, found: &mut Vec<&'n Field>) {
        match self {
            Self::Constant(_) | Self::Spread(_) => {}
            Self::Not(inner) => inner.fields(found),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.fields(found)),
            Self::Leaf(leaf) => found.extend(&leaf.fields),
        }
    }

    /// Estimated cost to ask for all fields and to try all tests.
    fn cost(&self, cost: &dyn Fn(&Field) -> usize) -> usize {
        match self {
            Self::Constant(_) => 0,
            Self::Spread(_) => COST_OF_SPREAD,
            Self::Not(inner) => inner.cost(cost),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(|node| node.cost(cost)).sum(),
            Self::Leaf(leaf) => leaf.fields.iter().map(cost).sum::<usize>() + leaf.test.cost(),
        }
    }

    fn cheapest_first(&self, cost: &dyn Fn(&Field) -> usize) -> Self {
        let sorted = |nodes: &[Self]| {
            let mut nodes: Vec<Self> = nodes.iter().map(|node| node.cheapest_first(cost)).collect();
            // Any order gives the same answer, because evaluation cannot fail. The sort is stable: operands of one cost stay as they were written.
            // The estimate walks the tree below each operand, so that it is made once for each and not once for each comparison of the sort.
            nodes.sort_by_cached_key(|node| node.cost(cost));
            nodes
        };
        match self {
            Self::Not(inner) => Self::Not(Box::new(inner.cheapest_first(cost))),
            Self::All(nodes) => Self::All(sorted(nodes)),
            Self::Any(nodes) => Self::Any(sorted(nodes)),
            Self::Constant(_) | Self::Leaf(_) | Self::Spread(_) => self.clone(),
        }
    }

    /// Conditions on any field of a document, as conditions on each of these fields, which are all that it may have.
    fn spread_over(&self, fields: &[Field]) -> Self {
        let each = |nodes: &[Self]| nodes.iter().map(|node| node.spread_over(fields)).collect();
        match self {
            Self::Not(inner) => inner.spread_over(fields).not(),
            Self::All(nodes) => Self::all(each(nodes)),
            Self::Any(nodes) => Self::any(each(nodes)),
            Self::Spread(spread) => Self::any(spread.among(fields.iter()).map(|condition| condition.0).collect()),
            Self::Constant(_) | Self::Leaf(_) => self.clone(),
        }
    }

    fn has_spread(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Leaf(_) => false,
            Self::Spread(_) => true,
            Self::Not(inner) => inner.has_spread(),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::has_spread),
        }
    }

    fn specialise(&self, constants: &Document, known: &dyn Fn(&Field) -> bool) -> Self {
        // What decides all by itself often comes first: the category.
        let each = |nodes: &[Self], decisive: bool| {
            // An event ID that lacks the process category makes `process where …` constant at its first operand: the rest, often a tree of hundreds of
            // tests, is not even looked at.
            let mut left = Vec::new();
            for node in nodes {
                left.push(node.specialise(constants, known));
                if matches!(left.last(), Some(Self::Constant(known)) if *known == Some(decisive)) {
                    break;
                }
            }
            left
        };
        match self {
            Self::Not(inner) => inner.specialise(constants, known).not(),
            Self::All(nodes) => Self::all(each(nodes, false)),
            Self::Any(nodes) => Self::any(each(nodes, true)),
            Self::Leaf(leaf) if leaf.fields.iter().all(known) => Self::Constant(Some(leaf.matches(constants))),
            Self::Constant(_) | Self::Leaf(_) | Self::Spread(_) => self.clone(),
        }
    }
}

impl Predicate {
    pub(super) fn new(node: PredicateNode) -> Self {
        Self(node)
    }

    /// Whether the condition holds for a document.
    pub fn matches(&self, document: &dyn Fields) -> bool {
        self.0.matches(document)
    }

    /// Whether both are copies of one condition, so that one answer is that of both. It costs a comparison of addresses, and may miss equal conditions
    /// that were written twice.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        self.0.is_shared_with(&other.0)
    }

    /// Every field the condition mentions, once each, sorted.
    pub fn fields(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        self.0.fields(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The condition for documents of which part is known: where `known` says so, a field has the values it has in `constants`, possibly none.
    ///
    /// For all such documents the result holds exactly if the original does.
    #[must_use]
    pub fn specialise(&self, constants: &Document, known: &dyn Fn(&Field) -> bool) -> Self {
        Self(self.0.specialise(constants, known))
    }

    /// Reorders conjunctions and disjunctions so that costly operands are asked only where the cheap ones have not decided; `cost` estimates how much
    /// it takes to work out a field, where one look-up in a table is 1.
    #[must_use]
    pub fn cheapest_first(&self, cost: &dyn Fn(&Field) -> usize) -> Self {
        Self(self.0.cheapest_first(cost))
    }

    /// Texts of which a field must have one, in lower case as patterns fold it, or else the condition is false; `None` if there is no such list.
    pub fn required(&self, field: &Field) -> Option<Vec<String>> {
        let needs = self.required_among(&|other| other == field)?;
        needs.into_iter().map(|need| need.whole.then_some(need.text)).collect()
    }

    /// Fields with texts, of which a document must have one, or else the condition is false; only fields that `usable` allows are named.
    ///
    /// A part is looked for in values of ASCII only: other characters can fold to ASCII, and a value with such may fit without it.
    /// Of several such lists the most selective is given; `None` if there is none.
    pub fn required_among(&self, usable: &dyn Fn(&Field) -> bool) -> Option<Vec<Need<'_>>> {
        most_selective(self.0.needs(usable, whole_texts), whole_texts)
    }

    /// Lists of such needs: a document must have one of each, or else the condition is false. Those come first whose shortest text is longest.
    pub fn needs(&self, usable: &dyn Fn(&Field) -> bool) -> Vec<Vec<Need<'_>>> {
        let mut needs = self.0.needs(usable, longest);
        needs.sort_by_key(|list| longest(list));
        needs
    }

    /// Everything that [`required_among`](Self::required_among) and [`needs`](Self::needs) can name for this condition, or for what [`specialise`](Self::specialise) leaves of it.
    pub fn all_required(&self) -> Vec<Need<'_>> {
        let mut found = Vec::new();
        self.0.all_required(&mut found);
        found
    }

    /// The condition in EQL, its tests as they are written in the query that it was compiled from, on one line.
    pub fn text(&self, source: &str) -> String {
        self.0.text(source).0
    }

    /// Notes the text of the condition, so that it can be combined with those of a query that was compiled from another text than this one.
    #[must_use]
    pub fn written_in(&self, source: &str) -> Self {
        Self(self.0.written_in(&source.into()))
    }

    /// Whether this is the test of `event.category` that `process where …` implies; it is not written as a condition.
    pub fn is_category(&self) -> bool {
        matches!(&self.0, PredicateNode::Leaf(leaf) if leaf.span.is_none())
    }

    /// The condition that all of these hold.
    #[must_use]
    pub fn all(conditions: Vec<Self>) -> Self {
        Self(PredicateNode::all(conditions.into_iter().map(|condition| condition.0).collect()))
    }

    /// The condition that one of these holds.
    #[must_use]
    pub fn any(conditions: Vec<Self>) -> Self {
        Self(PredicateNode::any(conditions.into_iter().map(|condition| condition.0).collect()))
    }

    /// The condition that this does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.not())
    }

    /// Whether it asks for any field that a document may have.
    pub fn has_spread(&self) -> bool {
        self.0.has_spread()
    }

    /// The condition for documents that may have these fields and no others.
    #[must_use]
    pub fn spread_over(&self, fields: &[Field]) -> Self {
        Self(self.0.spread_over(fields))
    }

    /// The conditions that must all hold, at least one.
    pub fn conjuncts(&self) -> impl Iterator<Item = Self> {
        self.0.conjuncts().iter().map(|node| Self(node.clone()))
    }

    /// The answer for every document, if there is only one.
    pub fn constant(&self) -> Option<bool> {
        match self.0 {
            PredicateNode::Constant(known) => Some(known == Some(true)),
            _ => None,
        }
    }
}

impl Leaf {
    /// A test over the values of some fields, written at a place of the query.
    pub fn node(fields: Vec<Field>, test: CompiledExpr, span: Option<Span>) -> PredicateNode {
        PredicateNode::Leaf(Arc::new(Self { fields, test, span, negated: false, source: None }))
    }

    /// The test as it is written, on one line.
    fn quoted(&self, source: &str) -> String {
        let source = self.source.as_deref().unwrap_or(source);
        let Some(written) = self.span.and_then(|span| source.get(span.range())) else {
            let names: Vec<&str> = self.fields.iter().map(Field::name).collect();
            return format!("the category in {}", names.join(", "));
        };
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The texts of which the leaf's only field must have one, each with whether it is a whole value.
    fn required(&self) -> Option<Vec<(String, bool)>> {
        let folded = |text: &str| text.chars().map(fold).collect();
        let whole = |text: &str| (folded(text), true);
        let text = self.fields.first().and_then(Field::kind).is_some_and(FieldType::is_text);
        if self.fields.len() != 1 || !text {
            return None;
        }
        match &self.test {
            CompiledExpr::Words { value, set } if matches!(**value, CompiledExpr::Slot(0)) => {
                let parts = set.parts();
                let is_selective = parts.iter().all(|part| part.len() >= SHORTEST_PART);
                is_selective.then(|| parts.into_iter().map(|part| (part, false)).collect())
            }
            CompiledExpr::Text { value, set } | CompiledExpr::OneOf { value, texts: set, .. }
                if matches!(**value, CompiledExpr::Slot(0)) =>
            {
                let parts = set.parts();
                // One short part spoils the list: a value may fit `*a*` without having any of the long texts.
                let is_selective = parts.iter().all(|part| part.len() >= SHORTEST_PART);
                let part = |part: String| (part.to_ascii_lowercase(), false);
                let beyond = set.beyond_ascii().map(|c| (c.to_string(), false));
                let all = || set.members().map(whole).chain(parts.into_iter().map(part)).chain(beyond).collect();
                is_selective.then(all)
            }
            CompiledExpr::Compare { op: Comparison::Equal, value, constant }
                if matches!(**value, CompiledExpr::Slot(0)) =>
            {
                Some(vec![whole(constant.text())])
            }
            _ => None,
        }
    }

    fn matches(&self, document: &dyn Fields) -> bool {
        // Nearly all leaves have one field, and need no list of combinations.
        if let [field] = self.fields.as_slice() {
            if field.kind() == Some(FieldType::Long)
                && let Some(number) = document.long(field)
            {
                return self.holds(&[Datum::Long(number)]);
            }
            let mut missing = true;
            for datum in read_all(document.values(field), field) {
                missing = false;
                if self.holds(&[datum]) {
                    return true;
                }
            }
            return missing && self.holds(&[Datum::Null]);
        }
        let values: Vec<Vec<Datum<'_>>> = self
            .fields
            .iter()
            .map(|field| {
                let mut values: Vec<_> = read_all(document.values(field), field).collect();
                if values.is_empty() {
                    values.push(Datum::Null);
                }
                values
            })
            .collect();
        self.any_combination(&values)
    }

    /// Tries all combinations, counting through them like an odometer.
    fn any_combination(&self, values: &[Vec<Datum<'_>>]) -> bool {
        // Fields with [a, b] and [1, 2, 3] are tried as a1, a2, a3, b1, b2, b3: the last wheel turns fastest, and one that is at its end goes back to its
        // start while the next wheel to the left moves on by one.
        let mut wheels = vec![0; values.len()];
        loop {
            let bound: Vec<Datum<'_>> = wheels.iter().zip(values).map(|(&at, values)| values[at].borrowed()).collect();
            if self.holds(&bound) {
                return true;
            }
            // No value is copied: each combination borrows from the lists, and stops at the first that makes the test true.
            let Some(turn) = wheels.iter().zip(values).rposition(|(&at, values)| at + 1 < values.len()) else {
                return false;
            };
            wheels[turn] += 1;
            wheels[turn + 1..].fill(0);
        }
    }

    fn holds(&self, bound: &[Datum<'_>]) -> bool {
        self.test.evaluate(bound) == Datum::Boolean(true)
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn boolean(known: Option<bool>) -> Datum<'static> {
    known.map_or(Datum::Null, Datum::Boolean)
}

impl CompiledExpr {
    /// The value of the expression with `bound` for the leaf's fields.
    pub fn evaluate<'a>(&'a self, bound: &'a [Datum<'a>]) -> Datum<'a> {
        match self {
            Self::Constant(datum) => datum.borrowed(),
            Self::Slot(at) => bound.get(*at).map_or(Datum::Null, Datum::borrowed),
            Self::Call { function, insensitive, arguments } => {
                let arguments: Vec<_> = arguments.iter().map(|argument| argument.evaluate(bound)).collect();
                function.call(*insensitive, &arguments)
            }
            Self::Lower(value) => match value.evaluate(bound) {
                Datum::Text(text) => Datum::Text(text.to_lowercase().into()),
                other => other,
            },
            Self::Negate(value) => operators::negate(&value.evaluate(bound)),
            Self::Arithmetic { first, rest } => rest.iter().fold(first.evaluate(bound), |left, (op, right)| {
                operators::arithmetic(*op, &left, &right.evaluate(bound))
            }),
            Self::Compare { op, value, constant } => {
                let value = value.evaluate(bound);
                boolean(match op {
                    Comparison::Equal => constant.equals(&value),
                    op => constant.order(&value).map(|order| op.accepts(order)),
                })
            }
            Self::IsNull(value) => Datum::Boolean(value.evaluate(bound).is_null()),
            Self::OneOf { value, texts, constants } => match value.evaluate(bound) {
                Datum::Null => Datum::Null,
                Datum::Text(text) => Datum::Boolean(texts.contains(&text)),
                other => Datum::Boolean(constants.iter().any(|constant| constant.equals(&other) == Some(true))),
            },
            Self::Text { value, set } => boolean(value.evaluate(bound).into_text().map(|text| set.contains(&text))),
            Self::Regex { value, regex } => {
                boolean(value.evaluate(bound).into_text().map(|text| regex.is_match(&text)))
            }
            Self::Words { value, set } => boolean(value.evaluate(bound).into_text().map(|text| set.is_in(&text))),
            Self::Cidr { value, blocks } => {
                let address = match value.evaluate(bound) {
                    Datum::Ip(address) => Some(address),
                    Datum::Text(text) => super::datum::parse_address(&text),
                    _ => None,
                };
                boolean(address.map(|address| blocks.iter().any(|block| block.contains(&address))))
            }
            Self::Known { value, table } => match value.evaluate(bound) {
                Datum::Null => Datum::Null,
                Datum::Ip(address) => Datum::Boolean(table.knows_address(address)),
                other => boolean(other.into_text().map(|text| table.knows_text(&text))),
            },
            Self::Not(value) => match value.evaluate(bound) {
                Datum::Boolean(flag) => Datum::Boolean(!flag),
                _ => Datum::Null,
            },
            Self::Logic { op, operands } => logic(*op, operands, bound),
        }
    }

    fn children(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_) | Self::Slot(_) => Vec::new(),
            Self::Call { arguments, .. } => arguments.iter().collect(),
            Self::Arithmetic { first, rest } => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, operand)| operand)).collect()
            }
            Self::Logic { operands, .. } => operands.iter().collect(),
            Self::Lower(value)
            | Self::Negate(value)
            | Self::IsNull(value)
            | Self::Not(value)
            | Self::Compare { value, .. }
            | Self::OneOf { value, .. }
            | Self::Text { value, .. }
            | Self::Regex { value, .. }
            | Self::Words { value, .. }
            | Self::Known { value, .. }
            | Self::Cidr { value, .. } => vec![value],
        }
    }

    /// Estimated cost of an evaluation, where one look-up in a table is 1.
    fn cost(&self) -> usize {
        let own = match self {
            Self::Constant(_) | Self::Slot(_) | Self::Negate(_) | Self::IsNull(_) | Self::Not(_) => 0,
            Self::Compare { .. } | Self::OneOf { .. } | Self::Logic { .. } | Self::Arithmetic { .. } => 1,
            Self::Text { set, .. } => 1 + 2 * set.patterns_count(),
            Self::Call { .. } | Self::Cidr { .. } | Self::Known { .. } | Self::Lower(_) => 4,
            // Rough measures, by which operands are only put in order: an automaton walks every character of the text, a set is one hash, a pattern among
            // others is tried on few values.
            Self::Regex { .. } => 40,
            Self::Words { set, .. } => 40 + set.len(),
        };
        own + self.children().into_iter().map(Self::cost).sum::<usize>()
    }

    /// The constant it is, if it is one.
    pub fn constant(&self) -> Option<&Datum<'static>> {
        match self {
            Self::Constant(datum) => Some(datum),
            _ => None,
        }
    }

    /// Folds the expression to a constant if all its parts are constants.
    pub fn folded(self) -> Self {
        // A slot has no children and would pass the second test. No loop is needed: children were folded when they were built, so that looking one level
        // down is enough.
        let constant = !matches!(self, Self::Slot(_)) && self.children().iter().all(|child| child.constant().is_some());
        if constant { Self::Constant(self.evaluate(&[]).into_owned()) } else { self }
    }
}

/// Three-valued `and` and `or`, for conditions inside a computed value.
fn logic<'a>(op: LogicOp, operands: &'a [CompiledExpr], bound: &'a [Datum<'a>]) -> Datum<'a> {
    // `true or null` is true and `false and null` is false; a null decides only where no operand does. Inside a value that is ordinary SQL logic, unlike
    // the fold of a condition.
    let decisive = op == LogicOp::Or;
    let mut known = true;
    for operand in operands {
        match operand.evaluate(bound) {
            Datum::Boolean(flag) if flag == decisive => return Datum::Boolean(decisive),
            Datum::Boolean(_) => {}
            _ => known = false,
        }
    }
    if known { Datum::Boolean(!decisive) } else { Datum::Null }
}

#[cfg(test)]
mod tests;
