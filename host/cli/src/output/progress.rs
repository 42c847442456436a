//! Bars at the bottom of a terminal, one for each run that tells how far it is.

use std::collections::HashMap;
use std::time::Duration;

use dormouse::RunId;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Values up to here are drawn as a share of a bar.
const WHOLE: u32 = 100;

/// The most bars at once: a screen's worth.
const BARS_MAX: usize = 16;

/// Between two pictures of what turns while something takes a while.
const SPIN: Duration = Duration::from_millis(100);

pub(crate) struct Bars {
    all: MultiProgress,
    by_run: HashMap<RunId, ProgressBar>,
    /// What takes a while.
    working: Option<ProgressBar>,
}

impl Bars {
    /// With `shown` false, or on what is no terminal, nothing is drawn.
    pub(crate) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), by_run: HashMap::new(), working: None }
    }

    pub(crate) fn set(&mut self, run: RunId, value: u32) {
        if self.by_run.len() >= BARS_MAX && !self.by_run.contains_key(&run) {
            return;
        }
        let bar = self
            .by_run
            .entry(run)
            .or_insert_with(|| self.all.add(ProgressBar::new(WHOLE.into()).with_prefix(run.short())));
        bar.set_style(style(value));
        bar.set_position(value.into());
    }

    pub(crate) fn remove(&mut self, run: RunId) {
        if let Some(bar) = self.by_run.remove(&run) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// Shows what takes a while, or that nothing does.
    pub(crate) fn working(&mut self, at: Option<String>) {
        if let Some(spinner) = self.working.take() {
            spinner.finish_and_clear();
            self.all.remove(&spinner);
        }
        self.working = at.map(|at| {
            let spinner = self.all.add(ProgressBar::new_spinner().with_message(at));
            spinner.enable_steady_tick(SPIN);
            spinner
        });
    }

    /// Takes the bars away while `write` writes to the terminal.
    pub(crate) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.all.suspend(write)
    }

    pub(crate) fn clear(&mut self) {
        self.working(None);
        let runs: Vec<RunId> = self.by_run.keys().copied().collect();
        for run in runs {
            self.remove(run);
        }
    }
}

fn style(value: u32) -> ProgressStyle {
    let template = if value <= WHOLE { "{prefix} [{bar:40}] {pos}%" } else { "{prefix} progress {pos}" };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        for template in ["{prefix} [{bar:40}] {pos}%", "{prefix} progress {pos}"] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_screen_holds_only_so_many_bars() {
        let mut bars = Bars::new(false);
        for n in 0..100 {
            bars.set(RunId::from_uuid(uuid::Uuid::from_u128(n)), 7);
        }
        assert_eq!(bars.by_run.len(), BARS_MAX);
        bars.clear();
        assert!(bars.by_run.is_empty());
    }
}
