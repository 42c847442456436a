use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// 2026-01-01T00:00:00Z and so many seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_767_225_600 + seconds) * 1_000_000)
}

fn id(n: u128) -> crate::RegistrationId {
    crate::RegistrationId::from_uuid(uuid::Uuid::from_u128(n))
}

fn every(period: Duration) -> Schedule {
    TimeSchedule::new(at(0), period, false).unwrap().into()
}

fn once(period: Duration) -> Schedule {
    TimeSchedule::new(at(0), period, true).unwrap().into()
}

fn cron(expression: &str) -> Schedule {
    CronSchedule::parse(expression, "UTC").unwrap().into()
}

/// (scheduled for, stands for) of each.
fn fired(due: &Due) -> Vec<(Timestamp, u32)> {
    due.occurrences.iter().map(|due| (due.occurrence.scheduled_for, due.stands_for)).collect()
}

#[test]
fn a_period_begins_with_the_registration_and_does_not_drift() {
    let schedule = every(MINUTE * 15);
    assert_eq!(schedule.next_after(at(-5)), Some(at(900)));
    assert_eq!(schedule.next_after(at(0)), Some(at(900)));
    assert_eq!(schedule.next_after(at(899)), Some(at(900)));
    assert_eq!(schedule.next_after(at(900)), Some(at(1_800)));
    let late = due(&schedule, Pace::EXACT, at(0), at(1_000), Misfire::Coalesce, 1);
    assert_eq!((fired(&late), late.next), (vec![(at(900), 1)], Some(at(1_800))));
}

#[test]
fn a_one_shot_fires_once_and_is_spent_even_if_late() {
    let schedule = once(HOUR);
    assert_eq!(schedule.next_after(at(0)), Some(at(3_600)));
    let late = due(&schedule, Pace::EXACT, at(0), at(1_000_000), Misfire::Coalesce, 1);
    assert_eq!((fired(&late), late.next), (vec![(at(3_600), 1)], None));
    assert_eq!(fired(&due(&schedule, Pace::EXACT, late.watermark, at(2_000_000), Misfire::All, 9)), []);
}

#[test]
fn refuses_periods_that_cannot_be_counted() {
    for period in [Duration::ZERO, Duration::from_nanos(999), Duration::MAX] {
        assert_eq!(TimeSchedule::new(at(0), period, false).unwrap_err().period(), period);
    }
}

#[test]
fn the_end_of_time_is_no_panic() {
    let longest = every(Duration::from_micros(i64::MAX as u64));
    assert_eq!(longest.next_after(at(0)), None);
    assert_eq!(every(SECOND).next_after(Timestamp::MAX), None);
    let all_of_it = due(
        &every(Duration::from_micros(1)),
        Pace::EXACT,
        Timestamp::from_micros(i64::MIN),
        Timestamp::MAX,
        Misfire::Coalesce,
        1,
    );
    assert_eq!((fired(&all_of_it), all_of_it.next), (vec![(Timestamp::MAX, u32::MAX)], None));
}

#[test]
fn on_time_fires_under_every_policy() {
    for misfire in [Misfire::Coalesce, Misfire::Skip, Misfire::All] {
        for schedule in [every(HOUR), cron("0 * * * *")] {
            let now = at(3_600) + Duration::from_millis(20);
            let due = due(&schedule, Pace::EXACT, at(0), now, misfire, 10);
            assert_eq!(fired(&due), [(at(3_600), 1)], "{misfire:?}");
            assert_eq!((due.watermark, due.next), (at(3_600), Some(at(7_200))));
        }
    }
}

#[test]
fn before_its_time_nothing_fires_and_the_watermark_stays() {
    let due = due(&every(HOUR), Pace::EXACT, at(0), at(3_599), Misfire::All, 10);
    assert_eq!(due, Due { occurrences: vec![], watermark: at(0), next: Some(at(3_600)) });
}

#[test]
fn coalescing_fires_the_newest_for_all() {
    for schedule in [every(HOUR), cron("0 * * * *")] {
        let due = due(&schedule, Pace::EXACT, at(0), at(10 * 3_600 + 1_800), Misfire::Coalesce, 1);
        assert_eq!(fired(&due), [(at(10 * 3_600), 10)]);
        assert_eq!((due.watermark, due.next), (at(10 * 3_600), Some(at(11 * 3_600))));
    }
}

#[test]
fn skipping_forgets_what_is_later_than_the_grace() {
    for schedule in [every(HOUR), cron("0 * * * *")] {
        let on_the_edge = due(&schedule, Pace::EXACT, at(0), at(36_000) + SKIP_GRACE, Misfire::Skip, 1);
        assert_eq!(fired(&on_the_edge), [(at(36_000), 1)], "it stands for itself alone");
        let too_late = due(
            &schedule,
            Pace::EXACT,
            at(0),
            at(36_000) + SKIP_GRACE + Duration::from_micros(1),
            Misfire::Skip,
            1,
        );
        assert_eq!(too_late, Due { occurrences: vec![], watermark: at(36_000), next: Some(at(39_600)) });
    }
}

#[test]
fn all_fires_each_oldest_first_and_the_rest_at_the_next_call() {
    for schedule in [every(HOUR), cron("0 * * * *")] {
        let now = at(5 * 3_600 + 1);
        let first = due(&schedule, Pace::EXACT, at(0), now, Misfire::All, 3);
        assert_eq!(fired(&first), [(at(3_600), 1), (at(7_200), 1), (at(10_800), 1)]);
        assert_eq!((first.watermark, first.next), (at(10_800), Some(at(14_400))), "there is more at once");
        let second = due(&schedule, Pace::EXACT, first.watermark, now, Misfire::All, 3);
        assert_eq!(fired(&second), [(at(14_400), 1), (at(18_000), 1)]);
        assert_eq!(second.next, Some(at(21_600)));
    }
}

#[test]
fn a_clock_set_back_repeats_nothing() {
    for misfire in [Misfire::Coalesce, Misfire::Skip, Misfire::All] {
        let before = due(&every(HOUR), Pace::EXACT, at(0), at(36_000), misfire, 100);
        let back = due(&every(HOUR), Pace::EXACT, before.watermark, at(3_700), misfire, 100);
        assert_eq!(back, Due { occurrences: vec![], watermark: at(36_000), next: Some(at(39_600)) });
    }
}

#[test]
fn a_year_of_seconds_is_counted_without_being_walked() {
    let due = due(&every(SECOND), Pace::EXACT, at(0), at(0) + YEAR * 50, Misfire::Coalesce, 1);
    assert_eq!(fired(&due), [(at(0) + YEAR * 50, 50 * 365 * 86_400)]);
}

#[test]
fn a_cron_count_stops_at_its_maximum_but_the_newest_is_still_right() {
    let now = at(0) + YEAR * 50 + Duration::from_secs(42);
    let minutes = due(&cron("* * * * *"), Pace::EXACT, at(0), now, Misfire::Coalesce, 1);
    assert_eq!(fired(&minutes), [(at(0) + YEAR * 50, CRON_COUNT_MAX)]);
    // Busy in January, silent in the eleven months before `now`.
    let now = at(364 * 86_400);
    let bursts = due(&cron("* * * 1 *"), Pace::EXACT, at(0), now, Misfire::Coalesce, 1);
    assert_eq!(fired(&bursts), [(at(31 * 86_400 - 60), CRON_COUNT_MAX)]);
    assert_eq!(bursts.next, Some(at(365 * 86_400)));
}

#[test]
fn a_count_just_at_the_maximum_is_exact() {
    for extra in [-1, 0, 1] {
        let minutes = i64::from(CRON_COUNT_MAX) + extra;
        let due = due(&cron("* * * * *"), Pace::EXACT, at(0), at(minutes * 60), Misfire::Coalesce, 1);
        let count = CRON_COUNT_MAX.min(u32::try_from(minutes).unwrap());
        assert_eq!(fired(&due), [(at(minutes * 60), count)]);
    }
}

#[test]
fn an_occurrence_is_named_by_its_utc_time() {
    let berlin: Schedule = CronSchedule::parse("30 2 * * *", "Europe/Berlin").unwrap().into();
    let scheduled_for = berlin.next_after(at(0)).unwrap();
    assert_eq!(Occurrence { scheduled_for }.key(), "2026-01-01T01:30:00Z");
    let fraction = Occurrence { scheduled_for: at(0) + Duration::from_micros(1_500) };
    assert_eq!(fraction.key(), "2026-01-01T00:00:00.0015Z");
}

#[test]
fn on_ticks_an_occurrence_keeps_its_name_and_is_fired_with_the_next_tick() {
    let ticks = Pace::new(id(1), Duration::ZERO, MINUTE * 15);
    let schedule = every(MINUTE * 20);
    assert_eq!(next_due(&schedule, ticks, at(0)), Some(at(30 * 60)));
    let early = due(&schedule, ticks, at(0), at(30 * 60 - 1), Misfire::All, 9);
    assert_eq!((fired(&early), early.watermark, early.next), (vec![], at(0), Some(at(30 * 60))));
    let on_time = due(&schedule, ticks, at(0), at(30 * 60), Misfire::All, 9);
    assert_eq!((fired(&on_time), on_time.next), (vec![(at(20 * 60), 1)], Some(at(45 * 60))));
}

#[test]
fn jitter_puts_each_occurrence_off_by_the_same_span() {
    let jittered = Pace::new(id(1), MINUTE, Duration::ZERO);
    let offset = jittered.offset();
    assert!(!offset.is_zero());
    let schedule = every(HOUR);
    let early = due(
        &schedule,
        jittered,
        at(0),
        Timestamp::from_micros((at(3_600) + offset).as_micros() - 1),
        Misfire::All,
        9,
    );
    assert_eq!(fired(&early), []);
    let on_time = due(&schedule, jittered, at(0), at(3_600) + offset, Misfire::All, 9);
    assert_eq!((fired(&on_time), on_time.next), (vec![(at(3_600), 1)], Some(at(7_200) + offset)));
}

#[test]
fn what_waits_for_its_tick_or_its_jitter_is_not_missed() {
    let pace = Pace::new(id(1), MINUTE * 5, MINUTE * 15);
    let schedule = every(HOUR);
    let last = at(3_600) + pace.offset() + MINUTE * 15 + SKIP_GRACE;
    let kept = due(&schedule, pace, at(0), last, Misfire::Skip, 1);
    assert_eq!(fired(&kept), [(at(3_600), 1)]);
    let missed = due(&schedule, pace, at(0), last + Duration::from_micros(1), Misfire::Skip, 1);
    assert_eq!((fired(&missed), missed.watermark), (vec![], at(3_600)));
}

#[test]
fn misfire_policies_are_written_in_lower_case() {
    for (misfire, word) in [(Misfire::Coalesce, "coalesce"), (Misfire::Skip, "skip"), (Misfire::All, "all")] {
        assert_eq!(serde_json::to_string(&misfire).unwrap(), format!("{word:?}"));
    }
    assert_eq!(Misfire::default(), Misfire::Coalesce);
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let time = (1_u64..200_000_000, any::<bool>()).prop_map(|(micros, one_shot)| {
        TimeSchedule::new(at(0), Duration::from_micros(micros), one_shot).unwrap().into()
    });
    let expressions =
        ["* * * * *", "*/7 * * * *", "0,30 1-3 * * *", "15 9 * * 1-5", "0 0 L * *", "5 2 * 10 *"];
    let crons =
        (proptest::sample::select(expressions.to_vec()), any::<bool>()).prop_map(|(expression, zoned)| {
            let zone = if zoned { "Europe/Berlin" } else { "UTC" };
            CronSchedule::parse(expression, zone).unwrap().into()
        });
    prop_oneof![time, crons]
}

fn paces() -> impl Strategy<Value = Pace> {
    let of = |(n, jitter, tick)| Pace::new(id(n), Duration::from_millis(jitter), Duration::from_millis(tick));
    prop_oneof![Just(Pace::EXACT), (any::<u128>(), 0_u64..100_000, 0_u64..1_000_000).prop_map(of)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Over any history of the clock, set back and ahead: nothing twice, nothing early, nothing that the schedule
    /// does not name, and a `next` that is worth waiting for.
    #[test]
    fn nothing_is_due_twice_or_early_whatever_the_clock_does(
        schedule in schedules(),
        steps in proptest::collection::vec((-100_000_i64..1_000_000, 0_u32..6), 1..20),
        misfire in proptest::sample::select(vec![Misfire::Coalesce, Misfire::Skip, Misfire::All]),
        limit in 1_usize..5,
        pace in paces(),
    ) {
        let (mut watermark, mut now) = (at(0), at(0));
        let mut seen = BTreeSet::new();
        for (step, scale) in steps {
            // From fractions of a second to a day.
            now = Timestamp::from_micros(now.as_micros() + step * 10_i64.pow(scale));
            let due = due(&schedule, pace, watermark, now, misfire, limit);
            prop_assert!(due.occurrences.len() <= limit);
            prop_assert!(due.watermark >= watermark);
            for DueOccurrence { occurrence, stands_for } in &due.occurrences {
                let t = occurrence.scheduled_for;
                prop_assert!(t > watermark && t <= due.watermark);
                prop_assert!(pace.fires_at(t) <= now);
                prop_assert_eq!(schedule.next_after(Timestamp::from_micros(t.as_micros() - 1)), Some(t));
                prop_assert!(seen.insert(occurrence.key()), "{} twice", occurrence);
                prop_assert!(*stands_for >= 1);
                if misfire != Misfire::Coalesce {
                    prop_assert_eq!(*stands_for, 1);
                }
            }
            let left_some = misfire == Misfire::All && due.occurrences.len() == limit;
            prop_assert!(left_some || due.next.is_none_or(|next| next > now));
            prop_assert!(due.next.is_none_or(|next| next > due.watermark));
            prop_assert_eq!(due.next, next_due(&schedule, pace, due.watermark));
            watermark = due.watermark;
        }
    }

    /// With a clock that only goes on, coalescing loses none: what fired stands for all that there were.
    #[test]
    fn coalesced_counts_add_up(
        minutes in proptest::collection::vec(1_i64..900, 1..10),
        step in 1_i64..59,
    ) {
        let schedule = every(MINUTE * u32::try_from(step).unwrap());
        let (mut watermark, mut now, mut count) = (at(0), 0, 0);
        for gap in minutes {
            now += gap;
            let due = due(&schedule, Pace::EXACT, watermark, at(now * 60), Misfire::Coalesce, 1);
            count += due.occurrences.iter().map(|due| i64::from(due.stands_for)).sum::<i64>();
            watermark = due.watermark;
        }
        prop_assert_eq!(count, now / step);
    }
}
