//! The timeline as JSON rows with the columns of the CSV: an array, or one row a line.

use super::columns::push_json;
use super::{Layout, Results, TimelineFormat};
use crate::timeline::{Contents, Entry};
use std::io;

/// `json` and `jsonl` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineJson(pub Layout);

impl TimelineFormat for TimelineJson {
    fn contents(&self) -> Contents {
        Contents::Columns
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.head().into())
    }

    fn separator(&self) -> &'static str {
        self.0.separator()
    }

    fn row(&self, results: &Results<'_>, entry: &Entry<'_>, out: &mut Vec<u8>) {
        push_json(results, entry, out);
    }

    fn tail(&self, any: bool) -> &'static str {
        self.0.tail(any)
    }
}
