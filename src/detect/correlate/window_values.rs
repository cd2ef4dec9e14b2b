//! The values of the events in a window, as they come and go: how many there are, and, of numbers, what they amount to.
//!
//! A percentile is found without going through the numbers: they are held in two halves, of which the lower one ends at it.
//!
//! ```text
//! low        high         the 50th percentile
//! 1 4 4      7 9          4
//! 1 4 4      6 7 9        4      6 was added to the upper half
//! 4 4 6      7 9          6      1 went, and the smallest of the upper half moved
//! ```

use crate::eql::{CountedNumber, Measure};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The values in a window.
#[derive(Debug)]
pub struct WindowValues {
    /// How often each is there.
    counts: HashMap<u64, u32>,
    numbers: Option<WindowNumbers>,
}

impl WindowValues {
    /// No values, for the sake of a measure.
    pub fn new(measure: Option<Measure>) -> Self {
        let percent = match measure {
            Some(Measure::Percentile(percent)) => Some(percent),
            Some(Measure::Median) => Some(50),
            Some(Measure::Sum | Measure::Mean) => None,
            _ => return Self { counts: HashMap::new(), numbers: None },
        };
        Self { counts: HashMap::new(), numbers: Some(WindowNumbers { percent, ..WindowNumbers::default() }) }
    }

    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        *self.counts.entry(value).or_default() += 1;
        if let Some(numbers) = &mut self.numbers {
            numbers.add(CountedNumber::from_bits(value));
        }
    }

    /// Takes a value away that was added; says whether it was the last of its kind.
    pub fn remove(&mut self, value: u64) -> bool {
        if let Some(numbers) = &mut self.numbers {
            numbers.remove(CountedNumber::from_bits(value));
        }
        let Some(count) = self.counts.get_mut(&value) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&value);
            return true;
        }
        false
    }

    /// How many distinct values there are.
    pub fn distinct(&self) -> u64 {
        self.counts.len() as u64
    }

    /// The size of a measure; `None` if there are no numbers.
    pub fn size(&self, measure: Measure) -> Option<CountedNumber> {
        match measure {
            Measure::Events => None,
            Measure::Values | Measure::Filters => Some(CountedNumber::count(self.distinct())),
            Measure::Sum | Measure::Mean | Measure::Percentile(_) | Measure::Median => {
                self.numbers.as_ref()?.size(measure)
            }
        }
    }
}

/// Numbers with how often each is there.
#[derive(Debug, Default)]
struct Half {
    counts: BTreeMap<CountedNumber, u32>,
    len: u64,
}

impl Half {
    fn add(&mut self, number: CountedNumber) {
        *self.counts.entry(number).or_default() += 1;
        self.len += 1;
    }

    /// Takes one away, if it is there.
    fn remove(&mut self, number: CountedNumber) -> bool {
        let Some(count) = self.counts.get_mut(&number) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&number);
        }
        self.len -= 1;
        true
    }

    fn least(&self) -> Option<CountedNumber> {
        self.counts.first_key_value().map(|(number, _)| *number)
    }

    fn greatest(&self) -> Option<CountedNumber> {
        self.counts.last_key_value().map(|(number, _)| *number)
    }
}

/// The numbers in a window.
#[derive(Debug, Default)]
struct WindowNumbers {
    sum: CountedNumber,
    len: u64,
    /// How many percent of the numbers are in the lower half, if they are ranked.
    percent: Option<u8>,
    low: Half,
    high: Half,
}

impl WindowNumbers {
    fn add(&mut self, number: CountedNumber) {
        self.sum.0 += number.0;
        self.len += 1;
        if self.percent.is_some() {
            let is_low = self.low.greatest().is_some_and(|greatest| number <= greatest);
            if is_low {
                self.low.add(number);
            } else {
                self.high.add(number);
            }
            self.balance();
        }
    }

    fn remove(&mut self, number: CountedNumber) {
        self.sum.0 -= number.0;
        self.len -= 1;
        if self.percent.is_some() {
            let _ = self.low.remove(number) || self.high.remove(number);
            self.balance();
        }
    }

    /// Moves numbers between the halves until the lower one has those up to the percentile.
    fn balance(&mut self) {
        let wanted = (self.len * u64::from(self.percent.unwrap_or_default())).div_ceil(100);
        while let Some(number) = self.high.least().filter(|_| self.low.len < wanted) {
            self.high.remove(number);
            self.low.add(number);
        }
        while let Some(number) = self.low.greatest().filter(|_| self.low.len > wanted) {
            self.low.remove(number);
            self.high.add(number);
        }
    }

    fn size(&self, measure: Measure) -> Option<CountedNumber> {
        match measure {
            _ if self.len == 0 => None,
            Measure::Sum => Some(self.sum),
            Measure::Mean => Some(CountedNumber(self.sum.0.div_euclid(i128::from(self.len)))),
            Measure::Median if self.len.is_multiple_of(2) => {
                let (left, right) = (self.low.greatest()?, self.high.least()?);
                Some(CountedNumber((left.0 + right.0).div_euclid(2)))
            }
            Measure::Percentile(_) | Measure::Median => self.low.greatest(),
            Measure::Events | Measure::Values | Measure::Filters => None,
        }
    }
}
