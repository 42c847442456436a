//! Which wall times match, in a calendar without time zones.

use cronexpr::Crontab;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, ToSpan};

use super::parse::Fields;

/// The longest that a date can stay away is forty years: a 29 February on a given weekday, over a century that is no
/// leap year. One search more, because four years after a 29 February there may only be a 28th.
const YEARS_MAX: i16 = 40 + YEARS_OF_ONE_SEARCH;

/// The library looks this far ahead.
const YEARS_OF_ONE_SEARCH: i16 = 4;

/// The library panics when it looks past the year 9999.
const LAST_YEAR: i16 = 9_990;

/// The fields of an expression, compiled.
pub(super) struct Calendar {
    regular: Crontab,
    december: Option<December>,
}

impl Calendar {
    /// # Errors
    ///
    /// Those of the library, for the text of [`Fields::joined`].
    pub(super) fn new(fields: &Fields<'_>) -> Result<Self, cronexpr::Error> {
        let regular = cronexpr::parse_crontab(&fields.joined())?;
        Ok(Self { regular, december: December::of(fields) })
    }

    /// The first match in a minute later than that of `after`.
    pub(super) fn next(&self, after: DateTime) -> Option<DateTime> {
        let regular = next_in_years(&self.regular, after);
        let Some(december) = &self.december else { return regular };
        for year in after.year()..=after.year().saturating_add(YEARS_MAX).min(LAST_YEAR) {
            let first = Date::new(year, 12, 1).ok()?.to_datetime(jiff::civil::Time::midnight());
            if regular.is_some_and(|regular| regular < first) {
                break;
            }
            if let Some(last) = december.next(year, after.max(before(first)?)) {
                return Some(regular.map_or(last, |regular| regular.min(last)));
            }
        }
        regular
    }

    /// The first match at or after `from`.
    pub(super) fn first_from(&self, from: DateTime) -> Option<DateTime> {
        self.next(before(from)?)
    }

    /// Whether any date matches at all. Twenty-eight years show every date on every weekday.
    pub(super) fn ever_matches(&self) -> bool {
        self.next(DateTime::constant(2000, 1, 1, 0, 0, 0, 0)).is_some()
    }
}

/// The library takes the last day of a month to be the one whose tomorrow has a *greater* month, so to it December
/// has none, and `L` and `5L` skip every December. (cronexpr 1.7.0)
///
/// Here are the expression's Decembers, where both can be said without `L`: the last day is the 31st, and in a
/// given year the last Friday is the fourth or the fifth.
struct December {
    before_days: String,
    days_of_month: Vec<String>,
    month: String,
    days_of_week: Vec<DayOfWeek>,
}

enum DayOfWeek {
    Any(String),
    Last { day: String, days: Crontab },
}

impl December {
    /// None if there is no `L` in the expression, which the library has accepted.
    fn of(fields: &Fields<'_>) -> Option<Self> {
        let [minute, hour, days_of_month, month, days_of_week] = fields.texts();
        let last_day = days_of_month.split(',').any(|item| item == "L");
        let last_weekday = days_of_week.split(',').any(|item| item.ends_with('L'));
        if !last_day && !last_weekday {
            return None;
        }
        let days_of_week = days_of_week.split(',').map(|item| {
            let last = item.strip_suffix('L').and_then(|day| {
                let days = cronexpr::parse_crontab(&format!("* * * * {day} UTC")).ok()?;
                Some(DayOfWeek::Last { day: day.to_owned(), days })
            });
            last.unwrap_or_else(|| DayOfWeek::Any(item.to_owned()))
        });
        Some(Self {
            before_days: format!("{minute} {hour}"),
            days_of_month: days_of_month
                .split(',')
                .map(|item| if item == "L" { "31" } else { item }.to_owned())
                .collect(),
            month: month.to_owned(),
            days_of_week: days_of_week.collect(),
        })
    }

    /// The first match after `after` in the December of `year`.
    fn next(&self, year: i16, after: DateTime) -> Option<DateTime> {
        let days_of_week: Vec<_> = self
            .days_of_week
            .iter()
            .map(|item| match item {
                DayOfWeek::Any(item) => item.clone(),
                DayOfWeek::Last { day, days } => {
                    let fifth = (29..=31).any(|day| matches_day(days, year, day));
                    format!("{day}#{}", if fifth { 5 } else { 4 })
                }
            })
            .collect();
        let Self { before_days, days_of_month, month, .. } = self;
        let text =
            format!("{before_days} {} {month} {} UTC", days_of_month.join(","), days_of_week.join(","));
        let crontab = cronexpr::parse_crontab(&text).ok()?;
        next_in_years(&crontab, after).filter(|next| next.year() == year && next.month() == 12)
    }
}

fn matches_day(days: &Crontab, year: i16, day: i8) -> bool {
    let noon = Date::new(year, 12, day).map(|date| date.at(12, 0, 0, 0));
    noon.and_then(|noon| Offset::UTC.to_timestamp(noon)).is_ok_and(|noon| days.matches(noon).unwrap_or(false))
}

/// The first match of `crontab`, whose zone is UTC, in the next [`YEARS_MAX`] years.
fn next_in_years(crontab: &Crontab, after: DateTime) -> Option<DateTime> {
    let mut after = after;
    for _ in 0..YEARS_MAX / YEARS_OF_ONE_SEARCH {
        if after.year() > LAST_YEAR {
            return None;
        }
        // The one error left: nothing in four years.
        if let Ok(next) = crontab.find_next(Offset::UTC.to_timestamp(after).ok()?) {
            return Some(next.datetime());
        }
        after = after.checked_add(YEARS_OF_ONE_SEARCH.years()).ok()?;
    }
    None
}

fn before(wall: DateTime) -> Option<DateTime> {
    wall.checked_sub(SignedDuration::from_nanos(1)).ok()
}
