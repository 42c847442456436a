//! Clocks that are set, and zones whose clocks change.

use super::*;

// ---- a wall clock that is set --------------------------------------------------------------------------

#[test]
fn a_clock_set_ahead_fires_what_is_due_without_any_time_passing() {
    Rig::run(async |rig| {
        install(rig);
        let id = rig.register(task(every(HOUR))).await;
        rig.settle().await;
        let (before, begin) = (rig.clock.now(), rig.now());
        rig.clock.jump_by(9_000_000_000);
        rig.settle().await;
        assert_eq!(rig.clock.now(), before);
        assert_eq!(fired(rig, id).await, [(begin + HOUR * 2, begin + MINUTE * 150)]);
        rig.advance(MINUTE * 30).await;
        assert_eq!(fired(rig, id).await.len(), 2, "and goes on from there");
    });
}

#[test]
fn a_clock_set_back_puts_off_what_is_not_due_any_more() {
    Rig::run(async |rig| {
        install(rig);
        let begin = rig.now();
        let id = rig.register(task(once(MINUTE * 10))).await;
        rig.settle().await;
        rig.clock.jump_by(-3_600_000_000);
        rig.advance(MINUTE * 69).await;
        assert_eq!(rig.outcomes(), []);
        rig.advance(MINUTE).await;
        assert_eq!(fired(rig, id).await, [(begin + MINUTE * 10, begin + MINUTE * 10)]);
    });
}

#[test]
fn a_clock_set_ahead_by_mistake_and_corrected_repeats_nothing() {
    Rig::run(async |rig| {
        install(rig);
        let begin = rig.now();
        let id = rig.register(task(every(HOUR))).await;
        rig.clock.jump_by(36_000_000_000);
        rig.settle().await;
        assert_eq!(fired(rig, id).await.len(), 1);
        rig.clock.jump(begin);
        rig.advance(HOUR * 10 + MINUTE).await;
        assert_eq!(fired(rig, id).await.len(), 1, "these moments have been");
        rig.advance(HOUR).await;
        assert_eq!(fired(rig, id).await.last(), Some(&(begin + HOUR * 11, begin + HOUR * 11)));
    });
}

// ---- daylight saving -----------------------------------------------------------------------------------

/// The rig's clock, so many days after 2026-01-01T00:00:00Z.
fn on_day(day: u32) -> SimClock {
    SimClock::at(SimClock::new().wall() + DAY * day)
}

/// When `trigger` starts runs in the three days from `day` on.
fn three_days(day: u32, trigger: Trigger) -> Vec<String> {
    Rig::run_on(
        Arc::new(MemoryStore::new()),
        on_day(day),
        |b| b,
        async |rig| {
            install(rig);
            rig.register(task(trigger)).await;
            rig.advance(DAY * 3).await;
            started(rig).iter().map(ToString::to_string).collect()
        },
    )
}

#[test]
fn a_cron_trigger_keeps_the_wall_time_through_both_changes_of_the_clocks() {
    for (zone, expression, day, expected) in [
        // The clocks skip 02:00 to 03:00: once, at the moment of the skip.
        (
            "Europe/Berlin",
            "30 2 * * *",
            86,
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "America/New_York",
            "30 2 * * *",
            65,
            ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
        ),
        // They repeat an hour: once, in the first pass.
        (
            "Europe/Berlin",
            "30 2 * * *",
            296,
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        (
            "America/New_York",
            "30 1 * * *",
            303,
            ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
        ),
    ] {
        let cron = CronTrigger::new(expression).in_time_zone(zone);
        assert_eq!(three_days(day, Trigger::Cron(cron)), expected, "{zone}");
    }
}

#[test]
fn what_says_how_often_comes_as_often_through_both_changes_of_the_clocks() {
    for (zone, day) in
        [("Europe/Berlin", 86), ("Europe/Berlin", 296), ("America/New_York", 65), ("America/New_York", 303)]
    {
        let begin = on_day(day).wall();
        let hourly: Vec<String> =
            (0..72).map(|hour| (begin + HOUR * hour + MINUTE * 30).to_string()).collect();
        let cron = CronTrigger::new("30 * * * *").in_time_zone(zone);
        assert_eq!(three_days(day, Trigger::Cron(cron)), hourly, "{zone}");
        let daily: Vec<String> = (1..=3).map(|n| (begin + DAY * n).to_string()).collect();
        assert_eq!(three_days(day, every(DAY)), daily, "{zone}");
    }
}
