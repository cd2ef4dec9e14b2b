//! Lists of JSON values, as one array or one value a line, without holding more than one.

use std::io::{self, Write};

/// How a list of JSON values is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// One array.
    Array,
    /// One value a line.
    Lines,
}

impl JsonLayout {
    /// The text before the first value.
    pub const fn head(self) -> &'static str {
        match self {
            Self::Array => "[",
            Self::Lines => "",
        }
    }

    /// The text between two values.
    pub const fn separator(self) -> &'static str {
        match self {
            Self::Array => ",\n",
            Self::Lines => "\n",
        }
    }

    /// The text after the last value, of which there are some or none.
    pub const fn tail(self, any: bool) -> &'static str {
        match (self, any) {
            (Self::Array, true) => "\n]\n",
            (Self::Array, false) => "]\n",
            (Self::Lines, true) => "\n",
            (Self::Lines, false) => "",
        }
    }
}

/// Writes JSON values one after another, without holding more than one.
pub struct JsonWriter<'out> {
    out: &'out mut dyn Write,
    layout: JsonLayout,
    written: usize,
}

impl<'out> JsonWriter<'out> {
    /// Writes nothing before the first value.
    pub fn new(out: &'out mut dyn Write, layout: JsonLayout) -> Self {
        Self { out, layout, written: 0 }
    }

    /// Writes one more value, which is JSON text already.
    pub fn push_text(&mut self, value: &[u8]) -> io::Result<()> {
        self.separate()?;
        self.out.write_all(value)
    }

    fn separate(&mut self) -> io::Result<()> {
        if self.written == 0 {
            self.out.write_all(self.layout.head().as_bytes())?;
        }
        // Before the first value the separator is written without its comma: `[` and a line break, or for lines nothing at all.
        self.out.write_all(&self.layout.separator().as_bytes()[usize::from(self.written == 0)..])?;
        self.written += 1;
        Ok(())
    }

    /// Writes what stands after all values.
    pub fn finish(self) -> io::Result<()> {
        if self.written == 0 {
            self.out.write_all(self.layout.head().as_bytes())?;
        }
        self.out.write_all(self.layout.tail(self.written > 0).as_bytes())
    }
}
