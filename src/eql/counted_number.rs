//! Numbers that are added up: decimals with six places, so that sums are exact and do not depend on the order of what is added and taken away.

/// How many of its units are one.
const UNITS: i64 = 1_000_000;

/// Numbers from here on are not counted: no sum of them may run over.
const LIMIT: f64 = 1e24;

/// A number in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct CountedNumber(pub i128);

impl CountedNumber {
    /// A count.
    pub fn count(count: u64) -> Self {
        Self(i128::from(count) * i128::from(UNITS))
    }

    /// An integer, as a float has it.
    #[expect(clippy::cast_precision_loss, reason = "values are kept as floats")]
    pub fn of_integer(number: i64) -> Option<Self> {
        Self::of(number as f64)
    }

    /// The number nearest to a float; `None` if it is not finite, or too large.
    #[expect(clippy::cast_possible_truncation, reason = "the limit keeps both parts within 128 bits")]
    pub fn of(number: f64) -> Option<Self> {
        // The parts before and behind the point by themselves: integers that a float holds stay exact.
        let (whole, part) = (number.trunc(), number.fract());
        let in_range = number.is_finite() && number.abs() < LIMIT;
        in_range.then(|| Self(whole as i128 * i128::from(UNITS) + (part * 1e6).round() as i128))
    }

    /// The float nearest to the number.
    #[expect(clippy::cast_precision_loss, reason = "what a float cannot hold is rounded once")]
    pub fn to_f64(self) -> f64 {
        // The division alone rounds where a float holds all millionths; beyond, the parts round less than their sum.
        if self.0.unsigned_abs() < 1 << f64::MANTISSA_DIGITS {
            return self.0 as f64 / UNITS as f64;
        }
        let units = i128::from(UNITS);
        (self.0 / units) as f64 + (self.0 % units) as f64 / UNITS as f64
    }

    /// A number that stands for it among values of candidates: not 0, which stands for none.
    pub fn to_bits(self) -> u64 {
        // All bits are turned round: only those of a NaN become 0.
        !self.to_f64().to_bits()
    }

    /// The number that such bits stand for; nothing of the kind counts as 0.
    pub fn from_bits(bits: u64) -> Self {
        Self::of(f64::from_bits(!bits)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
