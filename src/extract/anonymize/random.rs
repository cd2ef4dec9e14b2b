//! Random letters, digits and numbers for replacements.
//!
//! They follow from a count and not from what is replaced: a hash of a name would let anybody try names until one fits. The count goes on where the map of
//! an earlier run ends, so that the same evidence gives the same replacements.

/// A stream of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct PseudonymStream(u64);

const CONSONANTS: &[u8] = b"bdfgjkmnprtvz";
const VOWELS: &[u8] = b"aeiou";

impl PseudonymStream {
    /// The stream of this number.
    pub fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn letter(&mut self, letters: &[u8]) -> char {
        let at = self.next() % letters.len() as u64;
        char::from(letters[usize::try_from(at).unwrap_or_default()])
    }

    /// A name in lower case that can be spoken, with letters where `like` has letters, digits where it has digits, and all else as it is; with `more` letters
    /// behind.
    pub fn name(&mut self, like: &str, more: usize) -> String {
        let mut name = String::with_capacity(like.len() + more);
        let mut is_vowel = false;
        let mut is_in_number = false;
        for c in like.chars().chain(std::iter::repeat_n('a', more)) {
            if c.is_alphabetic() {
                name.push(self.letter(if is_vowel { VOWELS } else { CONSONANTS }));
                is_vowel = !is_vowel;
            } else if c.is_ascii_digit() {
                // A number keeps its length: its first digit stays zero, or above zero.
                let low = u64::from(!is_in_number && c != '0');
                let digit = if !is_in_number && c == '0' { 0 } else { self.between(low, 9) };
                name.extend(char::from_digit(u32::try_from(digit).unwrap_or_default(), 10));
            } else {
                name.push(c);
                is_vowel = false;
            }
            is_in_number = c.is_ascii_digit();
        }
        name
    }
}
