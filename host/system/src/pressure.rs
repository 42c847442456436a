//! How much work waits for processors, memory and disks: the kernel's pressure stall information.

use dormouse_core::WorkCost;

/// The share of the last ten seconds, in percent, in which some task had to wait, and for memory also that in which
/// nothing else was done.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Averages {
    pub(crate) cpu: f64,
    pub(crate) memory: f64,
    pub(crate) io: f64,
    pub(crate) memory_full: f64,
}

impl Averages {
    fn worst(&self) -> f64 {
        self.cpu.max(self.memory).max(self.io)
    }

    /// Nothing left that could fall: what rises from here is told by the kernel.
    pub(crate) fn is_calm(&self) -> bool {
        self.worst() < 1.0
    }
}

/// What follows from the averages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pressure {
    /// That of the processors, in percent, rounded down: "less than p" is then true of exactly the same loads.
    pub(crate) cpu: u8,
    /// What background work costs, if only the pressure counts.
    pub(crate) cost: WorkCost,
    /// Memory is so short that somebody has to give some back.
    pub(crate) memory_is_short: bool,
}

/// Where [`WorkCost::Medium`] and [`WorkCost::High`] begin, in percent of the worst pressure.
const MEDIUM_FROM: f64 = 20.0;
const HIGH_FROM: f64 = 60.0;
/// Where memory is short: the share in which all that could run waited for memory. Far below what a machine looks dead
/// at, far above what a start of a large program does.
const SHORT_FROM: f64 = 10.0;
/// How far the pressure must fall below the beginning of a band to leave it, in percent: a pressure that trembles
/// about a border is no news.
const HYSTERESIS: f64 = 5.0;

impl Pressure {
    /// What follows from `averages`, `before` having been so.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number from 0 to 100"
    )]
    pub(crate) fn after(before: Option<Self>, averages: &Averages) -> Self {
        let held = before.map_or(WorkCost::Low, |before| before.cost);
        let begins =
            |from: f64, stays: bool| averages.worst() >= if stays { from - HYSTERESIS } else { from };
        let cost = if begins(HIGH_FROM, held == WorkCost::High) {
            WorkCost::High
        } else if begins(MEDIUM_FROM, held != WorkCost::Low) {
            WorkCost::Medium
        } else {
            WorkCost::Low
        };
        let was_short = before.is_some_and(|before| before.memory_is_short);
        let memory_is_short =
            averages.memory_full >= if was_short { SHORT_FROM - HYSTERESIS } else { SHORT_FROM };
        Self { cpu: averages.cpu.clamp(0.0, 100.0) as u8, cost, memory_is_short }
    }
}

/// `avg10` of the line `some` of one of the kernel's pressure files; none if that is not in there.
pub(crate) fn some_avg10(text: &str) -> Option<f64> {
    avg10(text, "some ")
}

/// The same of the line `full`: when nothing went on.
pub(crate) fn full_avg10(text: &str) -> Option<f64> {
    avg10(text, "full ")
}

fn avg10(text: &str, line: &str) -> Option<f64> {
    let averages = text.lines().find_map(|found| found.strip_prefix(line))?;
    let value = averages.split_ascii_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
    value.parse().ok().filter(|share| (0.0..=100.0).contains(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Averages = Averages { cpu: 0.0, memory: 0.0, io: 0.0, memory_full: 0.0 };

    #[test]
    fn a_pressure_file_of_the_kernel_is_read() {
        let text = "some avg10=7.62 avg60=6.83 avg300=12.25 total=3278455845\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!((some_avg10(text), full_avg10(text)), (Some(7.62), Some(0.0)));
        for nonsense in [
            "",
            "some",
            "some avg60=1.0",
            "full avg10=1.00",
            "some avg10=x",
            "some avg10=-1",
            "some avg10=NaN",
        ] {
            assert_eq!(some_avg10(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn the_cost_follows_the_worst_pressure_in_bands_and_leaves_them_late() {
        let mut held = None;
        let steps = [
            (0.0, WorkCost::Low),
            (19.9, WorkCost::Low),
            (20.0, WorkCost::Medium),
            (15.0, WorkCost::Medium),
            (14.9, WorkCost::Low),
            (19.9, WorkCost::Low),
            (60.0, WorkCost::High),
            (55.0, WorkCost::High),
            (54.9, WorkCost::Medium),
            (59.9, WorkCost::Medium),
            (100.0, WorkCost::High),
            (17.0, WorkCost::Medium),
            (3.0, WorkCost::Low),
        ];
        for (share, cost) in steps {
            for averages in [Averages { memory: share, ..CALM }, Averages { io: share, ..CALM }] {
                assert_eq!(Pressure::after(held, &averages).cost, cost, "at {share}");
            }
            held = Some(Pressure::after(held, &Averages { cpu: share, ..CALM }));
            assert_eq!(held.map(|held| held.cost), Some(cost), "at {share}");
        }
    }

    #[test]
    fn a_load_is_that_of_the_processors_alone_and_rounded_down() {
        let busy = Averages { cpu: 7.99, memory: 80.0, ..CALM };
        assert_eq!(Pressure::after(None, &busy).cpu, 7);
    }

    #[test]
    fn memory_is_short_when_nothing_goes_on_for_want_of_it_and_until_it_is_clearly_better() {
        let mut held = None;
        for (memory_full, short) in [(9.9, false), (10.0, true), (5.0, true), (4.9, false), (9.9, false)] {
            let now = Pressure::after(held, &Averages { memory_full, ..CALM });
            assert_eq!(now.memory_is_short, short, "at {memory_full}");
            held = Some(now);
        }
        let waits = Averages { memory: 90.0, ..CALM };
        assert!(!Pressure::after(None, &waits).memory_is_short, "others go on");
    }

    #[test]
    fn it_is_calm_when_nothing_is_left_to_fall() {
        assert!(CALM.is_calm());
        assert!(Averages { io: 0.99, ..CALM }.is_calm());
        assert!(!Averages { memory: 1.0, ..CALM }.is_calm());
    }
}
