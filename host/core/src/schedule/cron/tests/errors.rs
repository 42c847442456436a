//! What is said to people whose expression is wrong.

use super::*;

fn message(expression: &str) -> String {
    CronSchedule::parse(expression, "Europe/Berlin").unwrap_err().to_string()
}

#[test]
fn points_at_the_value_that_is_out_of_range() {
    assert_eq!(
        message("30 25 * * *"),
        "invalid cron expression: hour: value must be in range 0..=23; found 25\n  30 25 * * *\n     ^"
    );
    assert_eq!(
        message("0 0 * * 1,8"),
        "invalid cron expression: day of week: value must be in range 0..=7; found 8\n  0 0 * * 1,8\n            ^"
    );
}

#[test]
fn points_into_the_text_as_it_was_written_not_as_the_library_reads_it() {
    assert_eq!(
        message("  0 \t0   1-x  * *"),
        "invalid cron expression: day of month: unexpected text; values are 1-31\n    0  0   1-x  * *\n            ^"
    );
}

#[test]
fn names_what_may_stand_in_the_field() {
    assert_eq!(
        message("0 0 1 foo *"),
        "invalid cron expression: month: unexpected text; values are 1-12 or JAN-DEC\n  0 0 1 foo *\n        ^"
    );
    assert_eq!(
        message("*/0 * * * *"),
        "invalid cron expression: minute: step must be greater than 0\n  */0 * * * *\n  ^"
    );
}

#[test]
fn says_which_field_is_missing() {
    assert_eq!(
        message("0 0 *"),
        "invalid cron expression: 3 fields instead of 5: the month is missing\n  0 0 *\n       ^"
    );
    assert_eq!(message(""), "invalid cron expression: empty expression\n  \n  ^");
}

#[test]
fn refuses_seconds_and_says_so() {
    let error = CronSchedule::parse("*/10 0 0 * * *", "UTC").unwrap_err();
    assert_eq!(error.kind(), CronErrorKind::Seconds);
    assert_eq!(error.column(), Some(13));
    assert_eq!(
        error.to_string(),
        "invalid cron expression: 6 fields instead of 5: there are none for seconds and years\n  \
         */10 0 0 * * *\n               ^"
    );
}

#[test]
fn a_time_zone_in_the_expression_is_told_where_it_belongs() {
    assert_eq!(
        message("0 0 * * * Asia/Tokyo"),
        "invalid cron expression: unexpected time zone: it is given apart from the expression\n  \
         0 0 * * * Asia/Tokyo\n            ^"
    );
}

#[test]
fn refuses_dates_that_never_come() {
    for expression in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 */31 * 1#5"] {
        assert_eq!(CronSchedule::parse(expression, "UTC").unwrap_err().kind(), CronErrorKind::NeverFires);
    }
    assert_eq!(message("0 0 30 2 *"), "invalid cron expression: no date ever matches\n  0 0 30 2 *\n      ^");
}

#[test]
fn an_unknown_time_zone_is_named_and_not_searched_for_in_the_expression() {
    let error = CronSchedule::parse("0 0 * * *", "Berlin").unwrap_err();
    assert_eq!((error.kind(), error.column()), (CronErrorKind::UnknownTimeZone, None));
    assert_eq!(
        error.to_string(),
        "unknown time zone: `Berlin`; expected an IANA name like `Europe/Berlin` or `UTC`"
    );
    for name in ["", "+02:00", "CET-1CEST", "../../etc/passwd", "UTC\n", &"x".repeat(1 << 20)] {
        let error = CronSchedule::parse("0 0 * * *", name).unwrap_err();
        assert_eq!(error.kind(), CronErrorKind::UnknownTimeZone, "{name:.20}");
        assert!(error.to_string().len() < 200 && error.to_string().lines().count() == 1);
    }
}

#[test]
fn an_alias_that_nobody_knows_and_one_with_company() {
    assert!(
        message("@reboot").starts_with("invalid cron expression: unknown name; the known ones are @hourly, ")
    );
    assert_eq!(
        message("@daily 5"),
        "invalid cron expression: unexpected text after the name\n  @daily 5\n         ^"
    );
}

#[test]
fn characters_that_are_not_plain_are_pointed_at_by_character() {
    assert_eq!(
        message("0 0 * * mö"),
        "invalid cron expression: unexpected character\n  0 0 * * mö\n           ^"
    );
    assert_eq!(
        message("0 0\n* * *"),
        "invalid cron expression: unexpected character\n  0 0\u{fffd}* * *\n     ^"
    );
}

#[test]
fn refuses_a_long_expression_without_repeating_it() {
    let longest = format!("0 0 1 1 {}1", "1,".repeat(124));
    assert_eq!(longest.len(), EXPRESSION_BYTES_MAX + 1);
    let error = CronSchedule::parse(&longest, "UTC").unwrap_err();
    assert_eq!((error.kind(), error.expression()), (CronErrorKind::TooLong, None));
    assert_eq!(error.to_string(), "invalid cron expression: of 257 bytes; at most 256 are read");
    assert!(CronSchedule::parse(&longest.replace("1 1 1", "1 1"), "UTC").is_err(), "four fields");
    assert!(CronSchedule::parse(longest.strip_suffix(",1").unwrap(), "UTC").is_ok());
}
