//! Severities as they are typed.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LevelArg {
    Low,
    Medium,
    High,
    Critical,
}

impl From<LevelArg> for evql::rules::Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Low => Self::Low,
            LevelArg::Medium => Self::Medium,
            LevelArg::High => Self::High,
            LevelArg::Critical => Self::Critical,
        }
    }
}
