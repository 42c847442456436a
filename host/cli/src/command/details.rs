//! All that is known of one thing, as lines: a label, and its text.

use crate::output::escape::escape;
use crate::output::{Page, row_lines};

/// A block of labels and texts under construction.
#[derive(Default)]
pub(super) struct Details(Vec<(&'static str, String)>);

impl Details {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// One more line, or several if the text has them.
    pub(super) fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.0.push((label, text.into()));
    }

    /// The same if there is a text.
    pub(super) fn row_if(&mut self, label: &'static str, text: Option<impl Into<String>>) {
        if let Some(text) = text {
            self.row(label, text);
        }
    }

    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = (&'static str, String)>) {
        self.0.extend(rows);
    }

    /// Writes them. Texts may come from outside.
    pub(super) fn onto(self, page: &mut Page) {
        for (label, text) in &self.0 {
            for (label, line) in row_lines(label, text) {
                page.line(format!("  {label:<12} {}", escape(line)));
            }
        }
    }
}
