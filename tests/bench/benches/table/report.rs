//! Tables as data, for people and for files.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use comfy_table::{Table as Sheet, presets};
use serde::Serialize;

use crate::child::Reason;
use crate::contenders::Contender;
use crate::figures::shown;
use crate::goals::Goal;
use crate::machine::Machine;

/// Between these the tables are in docs/performance.md.
const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// A figure, or why there is none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cell {
    Figure(f64),
    Missing(Reason),
}

impl From<Result<f64, Reason>> for Cell {
    fn from(figure: Result<f64, Reason>) -> Self {
        figure.map_or_else(Self::Missing, Self::Figure)
    }
}

impl From<Option<f64>> for Cell {
    fn from(figure: Option<f64>) -> Self {
        figure.ok_or_else(|| "nothing was measured".to_owned()).into()
    }
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    what: &'static str,
    cells: Vec<Cell>,
}

/// One table of figures: a row for each contender.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
    /// What to know when reading it.
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = columns.into_iter().map(str::to_owned).collect();
        Self { columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// The figures of a contender, or one reason for all of them.
    pub(crate) fn row(&mut self, contender: &Contender, cells: Result<Vec<Cell>, Reason>) {
        let cells = cells.unwrap_or_else(|reason| vec![Cell::Missing(reason); self.columns.len()]);
        self.rows.push(Row { name: contender.name, what: contender.what, cells });
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Why figures are missing, each reason once, with whose they are.
    fn missing(&self) -> Vec<(&Reason, Vec<&'static str>)> {
        let mut all: Vec<(&Reason, Vec<&'static str>)> = Vec::new();
        for row in &self.rows {
            for cell in &row.cells {
                let Cell::Missing(reason) = cell else { continue };
                match all.iter_mut().find(|(other, _)| *other == reason) {
                    Some((_, of)) if of.contains(&row.what) => {}
                    Some((_, of)) => of.push(row.what),
                    None => all.push((reason, vec![row.what])),
                }
            }
        }
        all
    }

    fn figure(&self, row: &str, column: &str) -> Option<f64> {
        let column = self.columns.iter().position(|name| name == column)?;
        let row = self.rows.iter().find(|other| other.name == row)?;
        match row.cells.get(column)? {
            Cell::Figure(figure) => Some(*figure),
            Cell::Missing(_) => None,
        }
    }
}

/// As Markdown, which people read as well.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sheet = sheet(std::iter::once("").chain(self.columns.iter().map(String::as_str)));
        for row in &self.rows {
            let cells = row.cells.iter().map(|cell| match cell {
                Cell::Figure(figure) => shown(*figure),
                Cell::Missing(_) => "-".to_owned(),
            });
            sheet.add_row(std::iter::once(row.what.to_owned()).chain(cells));
        }
        writeln!(f, "{sheet}")?;
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        for (reason, of) in self.missing() {
            write!(f, "\n- {}: {reason}", of.join("; "))?;
        }
        Ok(())
    }
}

fn sheet<'a>(columns: impl IntoIterator<Item = &'a str>) -> Sheet {
    let mut sheet = Sheet::new();
    sheet.load_preset(presets::ASCII_MARKDOWN).set_header(columns);
    sheet
}

#[derive(Debug, Serialize)]
struct Measured {
    name: &'static str,
    title: &'static str,
    table: Table,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    /// With which arguments.
    arguments: String,
    tables: Vec<Measured>,
    pub(crate) goals: Vec<Goal>,
}

impl Report {
    pub(crate) fn new(machine: Machine, arguments: String) -> Self {
        Self { machine, arguments, tables: Vec::new(), goals: Vec::new() }
    }

    pub(crate) fn add(&mut self, name: &'static str, title: &'static str, table: Table) {
        self.tables.push(Measured { name, title, table });
    }

    /// None if it was not measured.
    pub(crate) fn figure(&self, group: &str, contender: &str, column: &str) -> Option<f64> {
        let measured = self.tables.iter().find(|measured| measured.name == group)?;
        measured.table.figure(contender, column)
    }

    /// On what, and when.
    pub(crate) fn heading(&self) -> String {
        let arguments = match self.arguments.as_str() {
            "" => String::new(),
            arguments => format!(" -- {arguments}"),
        };
        format!("`cargo bench -p dormouse-bench --bench table{arguments}`\n\n{}", self.machine)
    }

    /// What was to be reached, and what was.
    pub(crate) fn goals(&self) -> String {
        let mut sheet = sheet(["goal", "bound", "measured", ""]);
        for goal in &self.goals {
            sheet.add_row(goal.row());
        }
        sheet.to_string()
    }

    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_vec_pretty(self)?;
        std::fs::write(path, json).with_context(|| format!("`{}` cannot be written", path.display()))
    }

    /// Puts the tables into a document, between its two marks.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let at = || format!("`{}`", path.display());
        let text = std::fs::read_to_string(path).with_context(at)?;
        let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{} has no `{BEGIN}`", at()))?;
        let (_, after) = rest.split_once(END).with_context(|| format!("{} has no `{END}`", at()))?;
        let mut parts = vec![self.heading(), format!("### Goals\n\n{}", self.goals())];
        parts.extend(self.tables.iter().map(|m| format!("### {}\n\n{}", m.title, m.table)));
        let text = format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", parts.join("\n\n"));
        std::fs::write(path, text).with_context(at)
    }
}
