//! What background work costs at present.

use dormouse_core::WorkCost;

/// The worse of what the pressure says and what power and presence say, as far as they are known.
///
/// As in UWP, work is cheap on external power; on a battery it costs something while somebody is there to see the
/// machine work, and much while it should sleep.
pub(crate) fn work_cost(
    pressure: Option<WorkCost>,
    external_power: Option<bool>,
    present: Option<bool>,
) -> Option<WorkCost> {
    let power = external_power.map(|external| match (external, present) {
        (true, _) => WorkCost::Low,
        (false, Some(true) | None) => WorkCost::Medium,
        (false, Some(false)) => WorkCost::High,
    });
    match (pressure, power) {
        (Some(one), Some(other)) => Some(worse(one, other)),
        (one, other) => one.or(other),
    }
}

fn worse(one: WorkCost, other: WorkCost) -> WorkCost {
    match (one, other) {
        (WorkCost::High, _) | (_, WorkCost::High) => WorkCost::High,
        (WorkCost::Medium, _) | (_, WorkCost::Medium) => WorkCost::Medium,
        (WorkCost::Low, WorkCost::Low) => WorkCost::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WorkCost::{High, Low, Medium};

    #[test]
    fn work_is_cheap_on_external_power_and_dear_on_a_battery_that_nobody_watches() {
        for (external, present, cost) in [
            (true, None, Low),
            (true, Some(false), Low),
            (false, Some(true), Medium),
            (false, None, Medium),
            (false, Some(false), High),
        ] {
            assert_eq!(work_cost(None, Some(external), present), Some(cost), "{external} {present:?}");
        }
    }

    #[test]
    fn the_worse_of_pressure_and_power_counts_and_what_is_unknown_does_not() {
        assert_eq!(work_cost(None, None, Some(true)), None);
        assert_eq!(work_cost(Some(Medium), None, None), Some(Medium));
        assert_eq!(work_cost(Some(High), Some(true), None), Some(High));
        assert_eq!(work_cost(Some(Low), Some(false), Some(true)), Some(Medium));
        assert_eq!(work_cost(Some(Medium), Some(false), Some(false)), Some(High));
        assert_eq!(work_cost(Some(Low), Some(true), Some(true)), Some(Low));
    }
}
