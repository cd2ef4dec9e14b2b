//! Names of files that look like the name of a program of Windows, and are not.
//!
//! Two tricks are told. Letters that look alike (`svch0st`, `rundII32`, a Cyrillic `с` in `сsrss`) are put in place of each other until both names are the
//! same; and names that are one slip of the hand apart (`scvhost`, `lsasss`, `winlogin`) are near each other. A name that Windows has itself is never one.

use super::windows_programs::windows_program;

/// The names, without ending, that are imitated: programs that run on every host, so that one more of them is not noticed.
const IMITATED: [&str; 24] = [
    "conhost",
    "csrss",
    "ctfmon",
    "dllhost",
    "explorer",
    "fontdrvhost",
    "lsass",
    "msiexec",
    "powershell",
    "regsvr32",
    "rundll32",
    "runtimebroker",
    "searchindexer",
    "services",
    "smss",
    "spoolsv",
    "svchost",
    "taskhost",
    "taskhostw",
    "userinit",
    "werfault",
    "wininit",
    "winlogon",
    "wmiprvse",
];

/// Names that many programs of others have, and that are one slip from one of these.
const OTHERS: [&str; 1] = ["service"];

/// Shorter names have too many neighbours that mean something: `sms` is no slip for `smss`.
const FEWEST_FOR_SLIPS: usize = 5;

/// The program of Windows that a file name is made to look like, with its ending.
pub fn look_alike(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let (stem, ending) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    // Who wants to be taken for a program is one.
    if !matches!(ending, "exe" | "com" | "scr" | "pif") || windows_program(&lower).is_some() || OTHERS.contains(&stem) {
        return None;
    }
    // The names have 4 to 13 letters, and a slip makes one more of them. Looked at are so many, whatever evidence calls a file; what looks like one letter may be two.
    let letters: Vec<char> = stem.chars().take(40).collect();
    let shape = skeleton(&letters);
    let found = IMITATED.into_iter().find(|target| {
        let target: Vec<char> = target.chars().collect();
        skeleton(&target) == shape || is_one_slip(&letters, &target)
    });
    found.and_then(|stem| windows_program(&format!("{stem}.exe"))).map(|program| program.name)
}

/// Letters with all those that look alike made one, so that names that look alike are the same.
fn skeleton(letters: &[char]) -> Vec<char> {
    let mut shape: Vec<char> = Vec::with_capacity(letters.len());
    for letter in letters.iter().filter_map(|letter| looks_like(*letter)) {
        match (shape.last(), letter) {
            (Some('r'), 'n') => {
                shape.pop();
                shape.push('m');
            }
            (Some('v'), 'v') => {
                shape.pop();
                shape.push('w');
            }
            _ => shape.push(letter),
        }
    }
    shape
}

/// The letter of the alphabet that a small letter or sign looks like; none for one that is not seen.
fn looks_like(letter: char) -> Option<char> {
    Some(match letter {
        // Invisible: blanks, joiners, marks of the reading order, accents of their own.
        c if c.is_whitespace() || c.is_control() || is_hidden(c) => return None,
        '\u{300}'..='\u{36f}' => return None,
        // Full width, which has the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => looks_like(char::from_u32(u32::from(letter) - 0xfee0)?.to_ascii_lowercase())?,
        '0' | 'о' | 'ο' | 'ó' | 'ò' | 'ö' | 'ô' | 'õ' | 'ø' => 'o',
        '1' | 'i' | '|' | '!' | 'і' | 'ι' | 'ı' | 'í' | 'ì' | 'ï' | 'î' | 'ӏ' | 'ł' => 'l',
        '5' | '$' | 'ѕ' | 'ś' | 'š' | 'ş' => 's',
        '3' | 'е' | 'ё' | 'é' | 'è' | 'ê' | 'ë' => 'e',
        '4' | '@' | 'а' | 'α' | 'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        '7' | 'т' | 'τ' => 't',
        'с' | 'ç' | 'ć' | 'č' => 'c',
        'һ' | 'н' => 'h',
        'ν' | 'ѵ' => 'v',
        'р' | 'ρ' => 'p',
        'г' => 'r',
        'п' | 'ñ' | 'ń' => 'n',
        'м' => 'm',
        'ԁ' => 'd',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ý' => 'y',
        'υ' | 'ú' | 'ù' | 'ü' | 'û' => 'u',
        'ԝ' | 'ѡ' | 'ω' => 'w',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        other => other,
    })
}

/// Characters that are not seen, or turn the reading order where they stand.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether one slip makes one name of the other: a letter too many, too few or wrong, or two that changed places. Names that are the same are none.
fn is_one_slip(name: &[char], target: &[char]) -> bool {
    if name.len().abs_diff(target.len()) > 1 || name == target {
        return false;
    }
    let same = name.iter().zip(target).take_while(|(one, other)| one == other).count();
    let (name_rest, target_rest) = (&name[same..], &target[same..]);
    let changed_places = match (name_rest, target_rest) {
        ([a, b, name @ ..], [c, d, target @ ..]) => (a, b) == (d, c) && name == target,
        _ => false,
    };
    // A letter twice is a slip in any name.
    let doubled =
        same > 0 && name_rest.split_first().is_some_and(|(more, rest)| *more == name[same - 1] && rest == target_rest);
    let is_long = target.len() >= FEWEST_FOR_SLIPS;
    let without_first = |rest: &[char]| rest.get(1..).unwrap_or_default().to_vec();
    let (one_more, one_less) = (without_first(name_rest) == target_rest, name_rest == without_first(target_rest));
    let another = name.len() == target.len() && without_first(name_rest) == without_first(target_rest);
    changed_places || doubled || is_long && (one_more || one_less || another)
}

#[cfg(test)]
mod tests;
