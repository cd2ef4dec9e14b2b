//! Texts that a match of a regular expression cannot do without.
//!
//! ```text
//! invoke-(mimi|kerbe)\w+     {invoke-mimi, invoke-kerbe}: one of them     [of `invoke-` alone, and of these two, the longer ones say more]
//! foo.*bar                   {foo} or {bar}: either would do, and both are equally long
//! \d+\.\d+                   {.}
//! [a-f]{8}                   nothing
//! ```
//!
//! All of it is without regard to case: whoever looks for the texts looks for any writing of them.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

/// Most texts of a list. A longer one says little, and to look for it takes long.
const MOST_TEXTS: usize = 64;
/// Most letters of a class that are taken one by one.
const MOST_LETTERS: usize = 4;
/// Longest text that is put together of parts that have alternatives.
const LONGEST: usize = 256;

/// Texts of which a match has at least one, in any case; `None` if nothing can be said.
pub fn required_texts(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir).filter(|texts| is_telling(texts)),
        HirKind::Capture(capture) => required_texts(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required_texts(&repetition.sub),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
        HirKind::Alternation(parts) => {
            let lists = parts.iter().map(required_texts).collect::<Option<Vec<_>>>()?;
            Some(lists.concat()).filter(|texts| texts.len() <= MOST_TEXTS)
        }
        HirKind::Concat(parts) => of_sequence(parts),
    }
}

/// The most telling list of those that parts in a row give: neighbours that are known exactly are put together.
fn of_sequence(parts: &[Hir]) -> Option<Vec<String>> {
    let (mut best, mut run): (Option<Vec<String>>, Vec<String>) = (None, vec![String::new()]);
    for part in parts {
        let joined = exact(part).and_then(|texts| product(&run, &texts));
        if let Some(joined) = joined {
            run = joined;
            continue;
        }
        consider(&mut best, std::mem::replace(&mut run, vec![String::new()]));
        match exact(part) {
            // The run before it has become too long: a new one begins with it.
            Some(texts) => run = texts,
            None => consider(&mut best, required_texts(part).unwrap_or_default()),
        }
    }
    consider(&mut best, run);
    best
}

/// Keeps the list that says more: the one whose shortest text is longer.
fn consider(best: &mut Option<Vec<String>>, texts: Vec<String>) {
    let shortest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).min().unwrap_or(0);
    if is_telling(&texts) && best.as_ref().is_none_or(|best| shortest(best) < shortest(&texts)) {
        *best = Some(texts);
    }
}

fn is_telling(texts: &[String]) -> bool {
    !texts.is_empty() && texts.len() <= MOST_TEXTS && texts.iter().all(|text| !text.is_empty())
}

/// Each text with each of the others behind it; `None` if these are too many or too long.
fn product(texts: &[String], behind: &[String]) -> Option<Vec<String>> {
    let is_short = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0);
    let fits = texts.len() * behind.len() <= MOST_TEXTS && is_short(texts) + is_short(behind) <= LONGEST;
    fits.then(|| texts.iter().flat_map(|text| behind.iter().map(move |more| format!("{text}{more}"))).collect())
}

/// All texts that the expression matches, if they are few; in any case, so that one writing stands for all.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        // What asks about its surroundings takes no character.
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![str::from_utf8(&literal.0).ok()?.to_owned()]),
        HirKind::Class(Class::Unicode(class)) => {
            few_letters(class).map(|letters| letters.into_iter().map(String::from).collect())
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Repetition(_) => None,
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![String::new()], |texts, part| product(&texts, &exact(part)?))
        }
        HirKind::Alternation(parts) => {
            let lists = parts.iter().map(exact).collect::<Option<Vec<_>>>()?;
            Some(lists.concat()).filter(|texts| texts.len() <= MOST_TEXTS)
        }
    }
}

/// The letters that a class is, if they are few; of one in several cases the first.
fn few_letters(class: &ClassUnicode) -> Option<Vec<char>> {
    let mut letters: Vec<char> = Vec::new();
    // One letter too many ends it, however large the class is.
    for letter in class.ranges().iter().flat_map(|range| range.start()..=range.end()) {
        if !letters.iter().any(|known| variants(*known).contains(&letter)) {
            letters.push(letter);
        }
        if letters.len() > MOST_LETTERS {
            return None;
        }
    }
    Some(letters).filter(|letters| !letters.is_empty())
}

/// A character in all of its writings that count as the same: `k`, `K` and the sign for Kelvin.
pub fn variants(character: char) -> Vec<char> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(character, character)]);
    // It fails only where the tables of Unicode are left out.
    if class.try_case_fold_simple().is_err() {
        return vec![character];
    }
    class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect()
}
