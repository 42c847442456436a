//! What comes out: for people, as TAP, as JUnit.

mod human;
mod junit;
mod tap;

use crate::runner::Report;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line for each case, and a table.
    #[default]
    Human,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// JUnit's XML.
    Junit,
}

impl Format {
    /// The whole report.
    #[must_use]
    pub fn write(self, report: &Report) -> String {
        match self {
            Self::Human => human::write(report),
            Self::Tap => tap::write(report),
            Self::Junit => junit::write(report),
        }
    }
}

/// What an adapter, or a guest through it, wrote, so that no terminal obeys it.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(
            |c| if c.is_control() && c != '\t' { c.escape_default().collect::<Vec<_>>() } else { vec![c] },
        )
        .collect()
}

#[cfg(test)]
mod tests;
