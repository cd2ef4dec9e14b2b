//! Expressions with complement and intersection, which no translation to the `regex` crate has: they become an automaton before any text is seen.
//!
//! States are expressions: what is left to match after a character is the expression's derivative (Brzozowski). `a&b` after a character is what is left of
//! `a` and of `b`; `~a` is the complement of what is left of `a`. Equal expressions are one state, so that there are finitely many; if there are too many, as
//! Lucene has a limit too, the expression is refused.
//!
//! For `~(ab)`, any text but `ab`, with `ε` for the empty text and `∅` for no text:
//!
//! ```text
//! state    after a   after b   after others   accepts the end
//! ~(ab)    ~b        ~∅        ~∅             yes: the empty text is not ab
//! ~b       ~∅        ~ε        ~∅             yes: `a` is not ab
//! ~ε       ~∅        ~∅        ~∅             no: this was ab
//! ~∅       ~∅        ~∅        ~∅             yes, whatever follows
//! ```
//!
//! The usual way, from a nondeterministic automaton by subset construction, would need that construction anew for each `~` inside of another expression.

use super::tree::{LAST, Ranges, RegexTree};
use hashbrown::HashMap;

/// Most states. Lucene gives up after a like effort.
const MOST_STATES: usize = 2_000;

/// Most expressions that are met on the way.
const MOST_EXPRESSIONS: usize = 1 << 15;

/// Most entries of the table.
const MOST_ENTRIES: usize = 1 << 18;

/// An automaton that tells of a whole text whether it matches.
#[derive(Clone, Debug)]
pub struct LuceneAutomaton {
    /// The first character of each part of the alphabet whose characters no class tells apart.
    parts: Vec<u32>,
    /// The next state of each state for each part.
    next: Vec<u32>,
    accepts: Vec<bool>,
}

impl LuceneAutomaton {
    /// The automaton of an expression; `None` if it is too large.
    pub fn new(tree: &RegexTree) -> Option<Self> {
        let mut arena = Arena::default();
        let start = arena.of_tree(tree)?;
        let mut parts = vec![0];
        // Of the million characters only the ends of classes tell some apart: `[a-f]x` divides them into those before `a`, `a` to `f`, `g` to `w`, `x`, and
        // those after it. One character of each part stands for all.
        tree.for_each_class(&mut |ranges| {
            parts.extend(ranges.iter().flat_map(|&(first, last)| [first, last + 1]).filter(|&at| at <= LAST));
        });
        parts.sort_unstable();
        parts.dedup();
        let mut states = vec![start];
        let mut numbers: HashMap<Id, u32> = [(start, 0)].into();
        let mut next = Vec::new();
        let mut at = 0;
        while let Some(&state) = states.get(at) {
            for &part in &parts {
                let after = arena.derivative(state, part)?;
                let number = *numbers.entry(after).or_insert_with(|| {
                    states.push(after);
                    u32::try_from(states.len() - 1).unwrap_or(u32::MAX)
                });
                next.push(number);
            }
            if states.len() > MOST_STATES || next.len() > MOST_ENTRIES {
                return None;
            }
            at += 1;
        }
        let accepts = states.iter().map(|&state| arena.is_nullable(state)).collect();
        Some(Self { parts, next, accepts })
    }

    /// Whether a whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        let mut state = 0_usize;
        for c in text.chars() {
            // The first part begins at 0, so that there is always one before the partition point.
            let part = self.parts.partition_point(|&first| first <= u32::from(c)) - 1;
            state = self.next[state * self.parts.len() + part] as usize;
        }
        self.accepts[state]
    }
}

/// The number of an expression.
type Id = u32;

/// An expression over others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Expression {
    Class(Ranges),
    Concat(Id, Id),
    /// One of them; none of none, which matches nothing.
    Union(Vec<Id>),
    /// All of them; of none, which matches everything.
    Intersection(Vec<Id>),
    Complement(Id),
    Star(Id),
    /// The empty text.
    Empty,
}

/// Expressions, each once.
#[derive(Debug, Default)]
struct Arena {
    all: Vec<Expression>,
    nullable: Vec<bool>,
    ids: HashMap<Expression, Id>,
    derivatives: HashMap<(Id, u32), Id>,
}

impl Arena {
    fn add(&mut self, expression: Expression) -> Option<Id> {
        if let Some(&id) = self.ids.get(&expression) {
            return Some(id);
        }
        if self.all.len() > MOST_EXPRESSIONS {
            return None;
        }
        let nullable = |id: &Id| self.nullable[*id as usize];
        // Whether an expression matches the empty text follows from its parts, which have lower numbers and are known: a state accepts if its expression
        // does.
        let is_nullable = match &expression {
            Expression::Class(_) => false,
            Expression::Concat(first, second) => nullable(first) && nullable(second),
            Expression::Union(each) => each.iter().any(nullable),
            Expression::Intersection(each) => each.iter().all(nullable),
            Expression::Complement(inner) => !nullable(inner),
            Expression::Star(_) | Expression::Empty => true,
        };
        let id = u32::try_from(self.all.len()).ok()?;
        self.all.push(expression.clone());
        self.nullable.push(is_nullable);
        self.ids.insert(expression, id);
        Some(id)
    }

    fn is_nullable(&self, id: Id) -> bool {
        self.nullable[id as usize]
    }

    fn get(&self, id: Id) -> &Expression {
        &self.all[id as usize]
    }

    fn nothing(&mut self) -> Option<Id> {
        self.add(Expression::Union(Vec::new()))
    }

    fn concat(&mut self, first: Id, second: Id) -> Option<Id> {
        // These simplifications are what keeps the number of states finite: without them derivatives grow (`∅·b | ε·b`, …) and equal languages never
        // become equal expressions.
        let nothing = self.nothing()?;
        if first == nothing || second == nothing {
            return Some(nothing);
        }
        match self.get(first) {
            Expression::Empty => Some(second),
            // To the right, so that equal chains are equal expressions.
            &Expression::Concat(head, tail) => {
                let rest = self.concat(tail, second)?;
                self.concat(head, rest)
            }
            _ if *self.get(second) == Expression::Empty => Some(first),
            _ => self.add(Expression::Concat(first, second)),
        }
    }

    /// The union or the intersection of some, flat and sorted.
    fn join(&mut self, each: impl IntoIterator<Item = Id>, is_union: bool) -> Option<Id> {
        let (none, all) = (Expression::Union(Vec::new()), Expression::Intersection(Vec::new()));
        let (neutral, decisive) = if is_union { (none, all) } else { (all, none) };
        let mut flat = Vec::new();
        for id in each {
            match self.get(id) {
                expression if *expression == decisive => return self.add(decisive),
                expression if *expression == neutral => {}
                Expression::Union(inner) if is_union => flat.extend(inner),
                Expression::Intersection(inner) if !is_union => flat.extend(inner),
                _ => flat.push(id),
            }
        }
        // Order and repetition mean nothing in a union: sorted and without duplicates, `a|b` and `b|a|b` are one expression, and so one state.
        flat.sort_unstable();
        flat.dedup();
        match flat.as_slice() {
            &[one] => Some(one),
            _ if is_union => self.add(Expression::Union(flat)),
            _ => self.add(Expression::Intersection(flat)),
        }
    }

    fn complement(&mut self, id: Id) -> Option<Id> {
        match self.get(id) {
            &Expression::Complement(inner) => Some(inner),
            Expression::Union(each) if each.is_empty() => self.add(Expression::Intersection(Vec::new())),
            Expression::Intersection(each) if each.is_empty() => self.nothing(),
            _ => self.add(Expression::Complement(id)),
        }
    }

    fn star(&mut self, id: Id) -> Option<Id> {
        match self.get(id) {
            Expression::Star(_) | Expression::Empty => Some(id),
            _ => self.add(Expression::Star(id)),
        }
    }

    fn of_tree(&mut self, tree: &RegexTree) -> Option<Id> {
        match tree {
            RegexTree::Class(ranges) => self.add(Expression::Class(ranges.clone())),
            RegexTree::Concat(each) => {
                let mut whole = self.add(Expression::Empty)?;
                for part in each.iter().rev() {
                    let part = self.of_tree(part)?;
                    whole = self.concat(part, whole)?;
                }
                Some(whole)
            }
            RegexTree::Union(each) | RegexTree::Intersection(each) => {
                let ids = each.iter().map(|tree| self.of_tree(tree)).collect::<Option<Vec<_>>>()?;
                self.join(ids, matches!(tree, RegexTree::Union(_)))
            }
            RegexTree::Complement(inner) => {
                let inner = self.of_tree(inner)?;
                self.complement(inner)
            }
            RegexTree::Repeat(inner, least, most) => {
                let inner = self.of_tree(inner)?;
                let empty = self.add(Expression::Empty)?;
                let mut whole = match most {
                    None => self.star(inner)?,
                    Some(_) => empty,
                };
                // `a{2,4}` is `a a (a (a)?)?`: the optional repeats are nested, so that each derivative is a suffix of the chain. Side by side, `a a a?
                // a?`, every one of them could be skipped, and derivatives would be unions of many chains.
                for _ in *least..most.unwrap_or(*least) {
                    let longer = self.concat(inner, whole)?;
                    whole = self.join([empty, longer], true)?;
                }
                for _ in 0..*least {
                    whole = self.concat(inner, whole)?;
                }
                Some(whole)
            }
        }
    }

    /// The derivative: the expression for whatever may follow after a character.
    fn derivative(&mut self, id: Id, c: u32) -> Option<Id> {
        if let Some(&known) = self.derivatives.get(&(id, c)) {
            return Some(known);
        }
        if self.derivatives.len() > MOST_ENTRIES {
            return None;
        }
        let left = match self.get(id).clone() {
            Expression::Empty => self.nothing()?,
            Expression::Class(ranges) => {
                let fits = ranges.iter().any(|&(first, last)| (first..=last).contains(&c));
                if fits { self.add(Expression::Empty)? } else { self.nothing()? }
            }
            Expression::Concat(first, second) => {
                // The character belongs to the first, or, if that may be empty, to the second.
                let of_first = self.derivative(first, c)?;
                let left = self.concat(of_first, second)?;
                if self.is_nullable(first) {
                    let of_second = self.derivative(second, c)?;
                    self.join([left, of_second], true)?
                } else {
                    left
                }
            }
            Expression::Union(each) => {
                let left = each.iter().map(|&inner| self.derivative(inner, c)).collect::<Option<Vec<_>>>()?;
                self.join(left, true)?
            }
            Expression::Intersection(each) => {
                let left = each.iter().map(|&inner| self.derivative(inner, c)).collect::<Option<Vec<_>>>()?;
                self.join(left, false)?
            }
            Expression::Complement(inner) => {
                let left = self.derivative(inner, c)?;
                self.complement(left)?
            }
            Expression::Star(inner) => {
                let left = self.derivative(inner, c)?;
                self.concat(left, id)?
            }
        };
        self.derivatives.insert((id, c), left);
        Some(left)
    }
}
