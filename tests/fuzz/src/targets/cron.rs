//! Cron expressions. The input is three lines: the expression, the time zone, and a moment in microseconds.
//!
//! A second reader, of the plain part of the language and without time zones, walks the calendar day by day.

use dormouse_core::Timestamp;
use dormouse_core::schedule::CronSchedule;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

/// Occurrences that are looked at.
const LOOKED_AT: usize = 6;

/// Days that the second reader walks: it does not wait for the rarest dates.
const DAYS: usize = 5 * 366;

pub(super) struct Cron;

impl Target for Cron {
    fn examples(&self) -> Vec<Vec<u8>> {
        [
            ("*/15 7-22 * * *", "Europe/Berlin"),
            ("30 2 * * *", "America/New_York"),
            ("0 0 1,15 * 1-5", "UTC"),
            ("5-59/10 */2 10-20/3 JAN-MAR *", "UTC"),
            ("0 0 L * *", "Pacific/Apia"),
            ("0 12 15W * *", "UTC"),
            ("0 0 * 12 5L", "Asia/Beirut"),
            ("0 0 * * 1#2", "Australia/Lord_Howe"),
            ("0 0 29 2 */7", "UTC"),
            ("@daily", "UTC"),
            ("1,2,3 0-23/7 31 1-12/5 0,7", "UTC"),
        ]
        .map(|(expression, zone)| format!("{expression}\n{zone}\n1774742400000000").into_bytes())
        .into()
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "*",
            "/",
            "-",
            ",",
            "L",
            "W",
            "LW",
            "#",
            "?",
            "H",
            "@",
            " ",
            "\n",
            "0",
            "1",
            "5",
            "7",
            "31",
            "59",
            "60",
            "24",
            "JAN",
            "DEC",
            "MON",
            "sun",
            "UTC",
            "Europe/Berlin",
            "Asia/Tehran",
            "Pacific/Apia",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let Ok(text) = std::str::from_utf8(input) else { return refused("no text") };
        let mut lines = text.splitn(3, '\n');
        let mut line = || lines.next().unwrap_or_default();
        let (expression, zone, moment) = (line(), line(), line());
        let from = Timestamp::from_micros(moment.trim().parse().unwrap_or(1_774_742_400_000_000));
        let cron = match CronSchedule::parse(expression, zone) {
            Ok(cron) => cron,
            Err(error) => {
                let characters = expression.chars().count();
                Wrong::unless(error.column().is_none_or(|column| column <= characters), || {
                    format!("column {:?} of {characters} characters", error.column())
                })?;
                return refused(error);
            }
        };
        let again = CronSchedule::parse(cron.expression(), cron.time_zone());
        Wrong::unless(again.as_ref() == Ok(&cron), || format!("{cron} was read as {again:?}"))?;
        let mut t = from;
        for _ in 0..LOOKED_AT {
            let Some(next) = cron.next_after(t) else { break };
            in_order(&cron, t, next)?;
            t = next;
        }
        let kind = match Plain::read(expression) {
            Some(plain) => {
                second_opinion(&plain, expression, from)?;
                "plain"
            }
            None => "special",
        };
        Ok(taken(format!("{kind}, {}", if t == from { "no more" } else { "on and on" })))
    }
}

/// `next` is the first occurrence after `t`: also if it is asked for from anywhere in between.
fn in_order(cron: &CronSchedule, t: Timestamp, next: Timestamp) -> Result<(), Wrong> {
    Wrong::unless(next > t, || format!("{cron}: {next} is not after {t}"))?;
    let between = t.as_micros().midpoint(next.as_micros());
    for asked in [between, next.as_micros() - 1] {
        let found = cron.next_after(Timestamp::from_micros(asked));
        Wrong::unless(found == Some(next), || {
            format!("{cron}: after {t} comes {next}, and after {asked} µs, in between, {found:?}")
        })?;
    }
    Ok(())
}

fn second_opinion(plain: &Plain, expression: &str, from: Timestamp) -> Result<(), Wrong> {
    let utc = CronSchedule::parse(expression, "UTC").map_err(|error| Wrong(error.to_string()))?;
    let mut t = from;
    for _ in 0..LOOKED_AT {
        let Some(expected) = plain.next_after(t) else { break };
        let found = utc.next_after(t);
        Wrong::unless(found == Some(expected), || {
            format!("{utc}: after {t} {found:?}, and by hand {expected}")
        })?;
        t = expected;
    }
    Ok(())
}

/// Lists of numbers, ranges and steps, and nothing else.
struct Plain {
    minutes: Vec<i8>,
    hours: Vec<i8>,
    days: Vec<i8>,
    months: Vec<i8>,
    weekdays: Vec<i8>,
    /// One of the day fields begins with a star: a date must match both. Else either will do.
    both: bool,
}

impl Plain {
    fn read(expression: &str) -> Option<Self> {
        let texts: Vec<_> = expression.split([' ', '\t']).filter(|text| !text.is_empty()).collect();
        let [minutes, hours, days, months, weekdays] = *texts else { return None };
        let both = days.starts_with('*') || weekdays.starts_with('*');
        Some(Self {
            minutes: field(minutes, 0, 59)?,
            hours: field(hours, 0, 23)?,
            days: field(days, 1, 31)?,
            months: field(months, 1, 12)?,
            // Sunday is seven, and a Monday is one.
            weekdays: field(weekdays, 0, 7)?.into_iter().map(|day| if day == 0 { 7 } else { day }).collect(),
            both,
        })
    }

    fn is_day(&self, date: Date) -> bool {
        let day = self.days.contains(&date.day());
        let weekday = self.weekdays.contains(&date.weekday().to_monday_one_offset());
        self.months.contains(&date.month()) && if self.both { day && weekday } else { day || weekday }
    }

    fn next_after(&self, t: Timestamp) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_microsecond(t.as_micros()).ok()?.to_zoned(TimeZone::UTC);
        let mut date = after.date();
        for _ in 0..DAYS {
            if self.is_day(date) {
                let times =
                    self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (hour, minute)));
                let moments = times.filter_map(|(hour, minute)| {
                    date.at(*hour, *minute, 0, 0).to_zoned(TimeZone::UTC).ok().map(|found| found.timestamp())
                });
                if let Some(found) = moments.filter(|found| *found > after.timestamp()).min() {
                    return Some(Timestamp::from_micros(found.as_microsecond()));
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

fn field(text: &str, min: i8, max: i8) -> Option<Vec<i8>> {
    let mut all = Vec::new();
    for item in text.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (min, max),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            // What a step behind a single number means is told differently everywhere.
            (_, None) if step.is_some() => return None,
            (one, None) => (number(one)?, number(one)?),
        };
        let step = usize::try_from(step.map_or(Some(1), number)?).ok().filter(|step| *step > 0)?;
        if from < min || to > max || from > to {
            return None;
        }
        all.extend((from..=to).step_by(step));
    }
    Some(all)
}

fn number(text: &str) -> Option<i8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
