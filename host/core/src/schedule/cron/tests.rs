use proptest::prelude::*;

use super::*;

mod errors;

fn time(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

/// The first occurrences after `after`, as local times with their offset.
fn occurrences(expression: &str, time_zone: &str, after: &str, count: usize) -> Vec<String> {
    let cron = CronSchedule::parse(expression, time_zone).unwrap();
    let zone = TimeZone::get(time_zone).unwrap();
    let mut t = time(after);
    let local = |t: Timestamp| {
        let t = jiff::Timestamp::from_microsecond(t.as_micros()).unwrap().to_zoned(zone.clone());
        t.strftime("%m-%d %H:%M %:z").to_string()
    };
    std::iter::from_fn(|| {
        t = cron.next_after(t)?;
        Some(local(t))
    })
    .take(count)
    .collect()
}

/// Berlin 2026: on 29 March 02:00 becomes 03:00, on 25 October 03:00 becomes 02:00.
mod berlin {
    use super::*;

    fn spring(expression: &str, count: usize) -> Vec<String> {
        occurrences(expression, "Europe/Berlin", "2026-03-28T12:00:00Z", count)
    }

    fn autumn(expression: &str, count: usize) -> Vec<String> {
        occurrences(expression, "Europe/Berlin", "2026-10-24T12:00:00Z", count)
    }

    #[test]
    fn a_skipped_time_runs_once_at_the_skip() {
        assert_eq!(spring("30 2 * * *", 2), ["03-29 03:00 +02:00", "03-30 02:30 +02:00"]);
    }

    #[test]
    fn all_skipped_times_together_run_once() {
        assert_eq!(
            spring("0,20,40 1-3 * * *", 7),
            [
                "03-29 01:00 +01:00",
                "03-29 01:20 +01:00",
                "03-29 01:40 +01:00",
                "03-29 03:00 +02:00",
                "03-29 03:20 +02:00",
                "03-29 03:40 +02:00",
                "03-30 01:00 +02:00",
            ]
        );
    }

    #[test]
    fn a_repeated_time_runs_once_in_the_first_pass() {
        assert_eq!(
            autumn("30 2 * * *", 3),
            ["10-25 02:30 +02:00", "10-26 02:30 +01:00", "10-27 02:30 +01:00"]
        );
        assert_eq!(
            autumn("0,30 1-3 * * *", 6),
            [
                "10-25 01:00 +02:00",
                "10-25 01:30 +02:00",
                "10-25 02:00 +02:00",
                "10-25 02:30 +02:00",
                "10-25 03:00 +01:00",
                "10-25 03:30 +01:00",
            ]
        );
    }

    #[test]
    fn a_fixed_time_asked_for_within_the_second_pass_is_past() {
        let second_pass = "2026-10-25T01:10:00Z";
        assert_eq!(occurrences("30 2 * * *", "Europe/Berlin", second_pass, 1), ["10-26 02:30 +01:00"]);
    }

    #[test]
    fn every_hour_is_every_real_hour() {
        assert_eq!(
            occurrences("15 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 3),
            ["03-29 01:15 +01:00", "03-29 03:15 +02:00", "03-29 04:15 +02:00"]
        );
        assert_eq!(
            occurrences("15 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4),
            ["10-25 02:15 +02:00", "10-25 02:15 +01:00", "10-25 03:15 +01:00", "10-25 04:15 +01:00"]
        );
    }

    #[test]
    fn a_wildcard_within_one_hour_runs_in_both_passes_or_in_none() {
        assert_eq!(spring("*/30 2 * * *", 1), ["03-30 02:00 +02:00"]);
        assert_eq!(
            autumn("*/30 2 * * *", 5),
            [
                "10-25 02:00 +02:00",
                "10-25 02:30 +02:00",
                "10-25 02:00 +01:00",
                "10-25 02:30 +01:00",
                "10-26 02:00 +01:00",
            ]
        );
    }
}

/// New York 2026: on 8 March 02:00 becomes 03:00, on 1 November 02:00 becomes 01:00.
mod new_york {
    use super::*;

    #[test]
    fn a_skipped_time_runs_once_at_the_skip() {
        assert_eq!(
            occurrences("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
            ["03-08 03:00 -04:00", "03-09 02:30 -04:00"]
        );
    }

    #[test]
    fn a_repeated_time_runs_once_in_the_first_pass() {
        assert_eq!(
            occurrences("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
            ["11-01 01:30 -04:00", "11-02 01:30 -05:00"]
        );
    }

    #[test]
    fn every_hour_is_every_real_hour() {
        assert_eq!(
            occurrences("0 * * * *", "America/New_York", "2026-03-08T06:30:00Z", 2),
            ["03-08 03:00 -04:00", "03-08 04:00 -04:00"]
        );
        assert_eq!(
            occurrences("0 * * * *", "America/New_York", "2026-11-01T04:30:00Z", 3),
            ["11-01 01:00 -04:00", "11-01 01:00 -05:00", "11-01 02:00 -05:00"]
        );
    }
}

/// Not every zone changes by an hour, or at night, or by less than a day.
mod odd_zones {
    use super::*;

    #[test]
    fn half_an_hour_on_lord_howe() {
        assert_eq!(
            occurrences("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
            ["10-04 02:30 +11:00", "10-05 02:15 +11:00"]
        );
        assert_eq!(
            occurrences("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:35:00Z", 4),
            ["04-05 01:45 +11:00", "04-05 01:30 +10:30", "04-05 01:45 +10:30", "04-05 02:00 +10:30"]
        );
    }

    #[test]
    fn a_day_that_never_was_on_samoa() {
        assert_eq!(
            occurrences("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3),
            ["12-29 12:00 -10:00", "12-31 00:00 +14:00", "12-31 12:00 +14:00"]
        );
    }

    #[test]
    fn a_midnight_that_is_skipped_in_beirut() {
        assert_eq!(
            occurrences("@daily", "Asia/Beirut", "2026-03-28T12:00:00Z", 2),
            ["03-29 01:00 +03:00", "03-30 00:00 +03:00"]
        );
    }
}

#[test]
fn next_is_later_than_asked_even_by_a_microsecond() {
    let cron = CronSchedule::parse("30 2 * * *", "UTC").unwrap();
    let occurrence = time("2026-01-01T02:30:00Z");
    assert_eq!(cron.next_after(Timestamp::from_micros(occurrence.as_micros() - 1)), Some(occurrence));
    assert_eq!(cron.next_after(occurrence), Some(time("2026-01-02T02:30:00Z")));
    assert_eq!(
        cron.next_after(occurrence.saturating_add(std::time::Duration::from_micros(1))),
        Some(time("2026-01-02T02:30:00Z"))
    );
}

#[test]
fn the_known_names_mean_what_they_say() {
    let first = |name| occurrences(name, "UTC", "2026-01-01T00:00:00Z", 1).remove(0);
    assert_eq!(first("@hourly"), "01-01 01:00 +00:00");
    assert_eq!(first("@daily"), "01-02 00:00 +00:00");
    assert_eq!(first("@midnight"), "01-02 00:00 +00:00");
    assert_eq!(first("@weekly"), "01-04 00:00 +00:00");
    assert_eq!(first("@monthly"), "02-01 00:00 +00:00");
    assert_eq!(first(" @yearly "), "01-01 00:00 +00:00");
    assert_eq!(first("@annually"), "01-01 00:00 +00:00");
}

#[test]
fn the_last_day_of_every_month_includes_december() {
    assert_eq!(
        occurrences("0 0 L * *", "UTC", "2026-11-01T00:00:00Z", 3),
        ["11-30 00:00 +00:00", "12-31 00:00 +00:00", "01-31 00:00 +00:00"]
    );
    assert_eq!(occurrences("0 0 L 12 *", "UTC", "2026-12-31T00:00:00Z", 1), ["12-31 00:00 +00:00"]);
    assert_eq!(
        occurrences("0 0 1,L 11-12 *", "UTC", "2026-11-15T00:00:00Z", 4),
        ["11-30 00:00 +00:00", "12-01 00:00 +00:00", "12-31 00:00 +00:00", "11-01 00:00 +00:00"]
    );
}

#[test]
fn the_last_friday_of_december_is_the_fourth_or_the_fifth() {
    for expression in ["0 0 * 12 5L", "0 0 * DEC friL"] {
        assert_eq!(
            occurrences(expression, "UTC", "2026-01-01T00:00:00Z", 3),
            // 2026: the fourth. 2027: the fifth. 2028: the fifth.
            ["12-25 00:00 +00:00", "12-31 00:00 +00:00", "12-29 00:00 +00:00"]
        );
    }
    assert_eq!(
        occurrences("0 0 1 * 5L", "UTC", "2026-11-20T00:00:00Z", 4),
        ["11-27 00:00 +00:00", "12-01 00:00 +00:00", "12-25 00:00 +00:00", "01-01 00:00 +00:00"]
    );
}

#[test]
fn the_rarest_date_is_found_over_a_century_without_a_leap_year() {
    // A star in front makes the weekday a second demand instead of an alternative; `*/7` is Sunday alone.
    let sunday = CronSchedule::parse("0 0 29 2 */7", "UTC").unwrap();
    assert_eq!(sunday.next_after(time("2088-02-29T00:00:00Z")), Some(time("2128-02-29T00:00:00Z")));
    let leap = CronSchedule::parse("0 0 29 2 *", "UTC").unwrap();
    assert_eq!(leap.next_after(time("2096-03-01T00:00:00Z")), Some(time("2104-02-29T00:00:00Z")));
}

#[test]
fn the_end_of_the_calendar_is_an_end_and_no_panic() {
    let cron = CronSchedule::parse("0 0 L 12 *", "Europe/Berlin").unwrap();
    assert_eq!(cron.next_after(time("9998-01-01T00:00:00Z")), None);
    assert_eq!(cron.next_after(Timestamp::MAX), None);
    assert_eq!(cron.next_after(Timestamp::from_micros(i64::MIN)), None);
}

#[test]
fn equal_if_written_alike_in_the_same_zone() {
    let parse = |expression, zone| CronSchedule::parse(expression, zone).unwrap();
    assert_eq!(parse("0 0 * * *", "europe/berlin"), parse("0 0 * * *", "Europe/Berlin"));
    assert_ne!(parse("0 0 * * *", "UTC"), parse("0 0 * * *", "Europe/Berlin"));
    assert_ne!(parse("0 0 * * *", "UTC"), parse("1 0 * * *", "UTC"));
    assert_eq!(parse("0 0 * * *", "europe/berlin").to_string(), "0 0 * * * (Europe/Berlin)");
}

const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// "How often": exactly the minutes, of all that pass, whose wall time matches.
    #[test]
    fn a_wildcard_matches_each_real_minute_by_what_the_clock_shows(
        zone in 0..ZONES.len(), step in 1_i8..30, hour in proptest::option::of(0_i8..4),
        change in 0..8_usize, lead in 0_i64..8 * 60,
    ) {
        let hours = hour.map_or("*".to_owned(), |hour| format!("{hour}"));
        let cron = CronSchedule::parse(&format!("*/{step} {hours} * * *"), ZONES[zone]).unwrap();
        let zone = TimeZone::get(ZONES[zone]).unwrap();
        let start: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let change = zone.following(start).nth(change).map_or(start, |change| change.timestamp());
        let start = change.checked_sub(SignedDuration::from_mins(lead)).unwrap();

        let until = start.checked_add(SignedDuration::from_hours(12)).unwrap();
        let minutes = (1..=12 * 60).map(|n| start.checked_add(SignedDuration::from_mins(n)).unwrap());
        let expected: Vec<_> = minutes
            .filter(|t| {
                let wall = zone.to_datetime(*t);
                wall.minute() % step == 0 && hour.is_none_or(|hour| wall.hour() == hour)
            })
            .collect();
        let mut t = start;
        let actual: Vec<_> = std::iter::from_fn(|| {
            t = cron.0.next_after(t)?;
            Some(t)
        })
        .take_while(|t| *t <= until)
        .collect();
        prop_assert_eq!(actual, expected);
    }

    /// "At what time": once on every day that there is, in order.
    #[test]
    fn a_fixed_time_runs_once_a_day_whatever_the_clocks_do(
        zone in 0..ZONES.len(), minute in 0..60, hour in 0..24, start in 0_i64..10 * 365 * 24 * 60,
    ) {
        let cron = CronSchedule::parse(&format!("{minute} {hour} * * *"), ZONES[zone]).unwrap();
        let zone = TimeZone::get(ZONES[zone]).unwrap();
        let mut t = jiff::Timestamp::from_second(1_700_000_000 + start * 60).unwrap();
        t = cron.0.next_after(t).unwrap();
        for _ in 0..370 {
            let next = cron.0.next_after(t).unwrap();
            prop_assert!(next > t);
            prop_assert_eq!(zone.to_datetime(next).date(), zone.to_datetime(t).date().tomorrow().unwrap());
            t = next;
        }
    }

    /// Nothing that anyone can write makes the parser panic, and every caret points into the text or at its end.
    #[test]
    fn any_text_is_an_expression_or_an_error_that_points_at_something(
        text in "([0-9*/,LW#H@?a-cA-Z-]{0,4}[ \t]{1,2}){3,6}|\\PC{0,40}|[ -~\t\n]{0,40}",
    ) {
        if let Err(error) = CronSchedule::parse(&text, "UTC") {
            prop_assert!(error.column().unwrap() <= text.chars().count());
            prop_assert_eq!(error.to_string().lines().count(), 3);
        }
    }
}
