//! Tables for people: a row for each thing, columns aligned.

use comfy_table::{Table, presets};

use super::escape::escape;

/// A table under construction.
pub(crate) struct Sheet(Table);

impl Sheet {
    /// One with these columns.
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(columns);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self(table)
    }

    /// One more row. Texts may come from outside.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.add_row(cells.map(|cell| escape(&cell).into_owned()));
    }

    /// Its lines.
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lines().map(|line| line.trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The same, or `nothing` if it has no rows.
    pub(crate) fn text_or(&self, nothing: &str) -> String {
        if self.0.is_empty() { nothing.to_owned() } else { self.text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_in_them_reaches_the_terminal() {
        let mut sheet = Sheet::new(["NAME", "WHAT"]);
        assert_eq!(sheet.text_or("nothing"), "nothing");
        sheet.row(["a\x1b[2J".to_owned(), "x".to_owned()]);
        sheet.row(["書".to_owned(), "y".to_owned()]);
        assert_eq!(sheet.text(), "NAME        WHAT\na\\u{1b}[2J  x\n書          y");
    }
}
