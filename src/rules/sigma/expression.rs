//! The `condition` of a rule: search identifiers joined by `and`, `or` and `not`, and quantified by `1 of` and `all of`.
//!
//! A parser by precedence: `or` binds least, then `and`, then `not`. What an identifier stands for is known to whoever calls ([`Searches`]).

use super::super::codes;
use super::eql_text::SigmaCondition;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::similar;

/// How deep parentheses and negations may be nested. EQL allows 100, and what an identifier stands for is nested itself.
const MAX_DEPTH: usize = 40;

/// Most combinations that `2 of selection*` comes down to.
const MOST_COMBINATIONS: usize = 1000;

/// The search identifiers of a rule, in order; `None` for one that something is wrong with.
pub type Searches<'s> = Vec<(&'s str, Option<SigmaCondition>)>;

/// Reads a condition that stands at a place, and puts in what its identifiers stand for. `None` if something is wrong, which is then among the findings;
/// or was found in an identifier already.
pub fn read(
    text: &str,
    place: &dyn Fn(Span) -> Span,
    searches: &Searches<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<SigmaCondition> {
    let mut parser = ConditionParser { tokens: tokens(text), at: 0, end: text.len(), place, searches, found, depth: 0 };
    let condition = parser.any();
    if let Some(token) = parser.peek()
        && condition.is_ok()
    {
        let (word, span) = (token.word, token.span);
        let help = match word {
            "|" => "aggregations belong into a correlation rule",
            _ => "`and` or `or` is missing",
        };
        return parser.fail(span, format!("`{word}` is not expected here"), help).ok().flatten();
    }
    condition.ok().flatten()
}

#[derive(Clone, Copy)]
struct ConditionToken<'t> {
    word: &'t str,
    span: Span,
}

fn tokens(text: &str) -> Vec<ConditionToken<'_>> {
    let is_word = |c: char| !c.is_whitespace() && !matches!(c, '(' | ')' | '|');
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if is_word(c) {
            while let Some((at, next)) = rest.next_if(|(_, next)| is_word(*next)) {
                end = at + next.len_utf8();
            }
        }
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        tokens.push(ConditionToken { word: &text[start..end], span: Span::new(number(start), number(end)) });
    }
    tokens
}

/// `Err`: the text cannot be read on. `None`: it was understood, and something in it is wrong.
type ConditionResult = Result<Option<SigmaCondition>, ()>;

struct ConditionParser<'p> {
    tokens: Vec<ConditionToken<'p>>,
    at: usize,
    end: usize,
    place: &'p dyn Fn(Span) -> Span,
    searches: &'p Searches<'p>,
    found: &'p mut Vec<Diagnostic>,
    depth: usize,
}

impl<'p> ConditionParser<'p> {
    fn peek(&self) -> Option<ConditionToken<'p>> {
        self.tokens.get(self.at).copied()
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_some_and(|token| token.word.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn fail(&mut self, span: Span, message: String, help: &str) -> ConditionResult {
        let found = Diagnostic::error(codes::BAD_CONDITION, (self.place)(span), message);
        self.found.push(if help.is_empty() { found } else { found.help(help) });
        Err(())
    }

    fn any(&mut self) -> ConditionResult {
        self.chain("or", Self::all, SigmaCondition::Any)
    }

    fn all(&mut self) -> ConditionResult {
        self.chain("and", Self::negation, SigmaCondition::All)
    }

    fn chain(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> ConditionResult,
        make: fn(Vec<SigmaCondition>) -> SigmaCondition,
    ) -> ConditionResult {
        let mut operands = vec![operand(self)?];
        while self.takes(word) {
            operands.push(operand(self)?);
        }
        if operands.len() == 1 {
            return Ok(operands.remove(0));
        }
        Ok(operands.into_iter().collect::<Option<Vec<_>>>().map(make))
    }

    fn negation(&mut self) -> ConditionResult {
        if !self.takes("not") {
            return self.operand();
        }
        self.nested(|parser| Ok(parser.negation()?.map(|inner| SigmaCondition::Not(Box::new(inner)))))
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> ConditionResult) -> ConditionResult {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let span = self.tokens[self.at.saturating_sub(1)].span;
            return self.fail(span, format!("the condition is nested deeper than {MAX_DEPTH}"), "");
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn operand(&mut self) -> ConditionResult {
        let Some(token) = self.peek() else {
            let end = u32::try_from(self.end).unwrap_or(u32::MAX);
            return self.fail(Span::new(end.saturating_sub(1), end), "the condition ends too early".to_owned(), "");
        };
        self.at += 1;
        match token.word {
            "(" => self.nested(|parser| {
                let inner = parser.any()?;
                if parser.takes(")") {
                    return Ok(inner);
                }
                parser.fail(token.span, "this parenthesis is not closed".to_owned(), "")
            }),
            ")" | "|" => self.fail(token.span, format!("`{}` is not expected here", token.word), ""),
            word if self.peek().is_some_and(|next| next.word.eq_ignore_ascii_case("of")) => {
                self.at += 1;
                self.quantified(word, token.span)
            }
            name => Ok(self.identifier(name, token.span)),
        }
    }

    fn identifier(&mut self, name: &str, span: Span) -> Option<SigmaCondition> {
        if let Some((_, condition)) = self.searches.iter().find(|(known, _)| *known == name) {
            return condition.clone();
        }
        let near = similar(name, self.searches.iter().map(|(known, _)| *known));
        let help = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
        // It is clear what was meant, and the rest of the condition is looked at too.
        let _ = self.fail(span, format!("no search identifier is called `{name}`"), &help);
        None
    }

    /// `1 of them`, `all of selection*`.
    fn quantified(&mut self, quantity: &str, span: Span) -> ConditionResult {
        let Some(pattern) = self.peek() else {
            return self.fail(span, "`of` must be followed by `them` or a pattern".to_owned(), "");
        };
        self.at += 1;
        let is_meant = |name: &str| match pattern.word {
            // By convention these are parts of others.
            "them" => !name.starts_with('_'),
            pattern => fits(pattern, name),
        };
        let meant = self.searches.iter().filter(|(name, _)| is_meant(name));
        let meant: Vec<Option<SigmaCondition>> = meant.map(|(_, condition)| condition.clone()).collect();
        if meant.is_empty() {
            let message = format!("no search identifier fits `{}`", pattern.word);
            return self.fail(pattern.span, message, "").or(Ok(None));
        }
        let count = meant.len();
        let Some(meant) = meant.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        match quantity.to_ascii_lowercase().as_str() {
            "all" => Ok(Some(SigmaCondition::All(meant))),
            "1" | "any" => Ok(Some(SigmaCondition::Any(meant))),
            number => match number.parse::<usize>() {
                Ok(number) if number > 0 => match combinations(count, number) {
                    Some(all) => {
                        let each =
                            |of: Vec<usize>| SigmaCondition::All(of.into_iter().map(|at| meant[at].clone()).collect());
                        Ok(Some(SigmaCondition::Any(all.into_iter().map(each).collect())))
                    }
                    None => self.fail(span, format!("{number} of {count} are too many combinations"), ""),
                },
                _ => self.fail(span, format!("`{quantity}` is no quantity"), "write `1 of`, `2 of` or `all of`"),
            },
        }
    }
}

/// Whether a name fits a pattern, in which `*` stands for any characters.
fn fits(pattern: &str, name: &str) -> bool {
    crate::base::wildcard::Wildcard::new(pattern, crate::base::wildcard::CaseSensitivity::Sensitive).matches(name)
}

/// All sets of so many numbers below a count; `None` if they are too many.
fn combinations(count: usize, of: usize) -> Option<Vec<Vec<usize>>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..of {
        let longer = |set: Vec<usize>| {
            let first = set.last().map_or(0, |last| last + 1);
            (first..count).map(move |next| [set.clone(), vec![next]].concat())
        };
        sets = sets.into_iter().flat_map(longer).take(MOST_COMBINATIONS + 1).collect();
        if sets.len() > MOST_COMBINATIONS {
            return None;
        }
    }
    Some(sets)
}

#[cfg(test)]
mod tests;
