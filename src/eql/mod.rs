//! eql
