//! From a person's text to fields, and from the library's complaints to the person's columns.

use std::borrow::Cow;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::calendar::Calendar;
use super::error::{CronError, CronErrorKind};

/// The longest expression that is read, in bytes: room for every minute of the hour, spelled out, and more.
pub const EXPRESSION_BYTES_MAX: usize = 256;

/// The longest time zone name that is looked up, in bytes. The longest there is has 32.
pub const TIME_ZONE_BYTES_MAX: usize = 64;

/// The names people know, and what they mean.
const ALIASES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The fields in their order, with what may stand in them.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of week", "0-7 or SUN-SAT"),
];

/// The library's name for everything that it has no better name for.
const MALFORMED: &str = "malformed expression";

/// An expression cut into its five fields, and where each began.
pub(super) struct Fields<'a>([Field<'a>; 5]);

#[derive(Clone, Copy)]
struct Field<'a> {
    text: &'a str,
    column: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn texts(&self) -> [&'a str; 5] {
        self.0.map(|field| field.text)
    }

    pub(super) fn minute(&self) -> &'a str {
        self.0[0].text
    }

    pub(super) fn hour(&self) -> &'a str {
        self.0[1].text
    }

    /// The text that the library reads: one space between fields, and the time zone that is none.
    pub(super) fn joined(&self) -> String {
        format!("{} UTC", self.texts().join(" "))
    }

    /// Which field a column of [`Fields::joined`] is in, and the column of the person's own text.
    fn locate(&self, column: usize) -> (usize, usize) {
        let mut start = 0;
        for (index, field) in self.0.iter().enumerate() {
            if column <= start + field.text.len() {
                return (index, field.column + column.saturating_sub(start));
            }
            start += field.text.len() + 1;
        }
        (4, self.0[4].column + self.0[4].text.len())
    }
}

/// Cuts `expression` into fields.
pub(super) fn fields(expression: &str) -> Result<Fields<'_>, CronError> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        let message = format!("of {} bytes; at most {EXPRESSION_BYTES_MAX} are read", expression.len());
        return Err(CronError::new(CronErrorKind::TooLong, message));
    }
    let syntax =
        |column, message: &str| Err(CronError::at(CronErrorKind::Syntax, message, expression, column));
    if let Some(column) = expression.chars().position(|c| !(c.is_ascii_graphic() || c == ' ' || c == '\t')) {
        return syntax(column, "unexpected character");
    }
    // From here on columns are bytes.
    let blank = |c: char| c == ' ' || c == '\t';
    let mut found = Vec::new();
    let mut end = 0;
    for text in expression.split(blank) {
        if !text.is_empty() {
            found.push(Field { text, column: end });
        }
        end += text.len() + 1;
    }

    if let [Field { text, column }, rest @ ..] = found.as_slice()
        && text.starts_with('@')
    {
        if let Some(extra) = rest.first() {
            return syntax(extra.column, "unexpected text after the name");
        }
        let Some((_, meaning)) = ALIASES.iter().find(|(name, _)| name == text) else {
            let names = ALIASES.map(|(name, _)| name).join(", ");
            return syntax(*column, &format!("unknown name; the known ones are {names}"));
        };
        let mut texts = meaning.split(' ');
        return Ok(Fields([(); 5].map(|()| Field { text: texts.next().unwrap_or("*"), column: *column })));
    }

    match found.as_slice() {
        [] => syntax(0, "empty expression"),
        &[a, b, c, d, e] => Ok(Fields([a, b, c, d, e])),
        [_, _, _, _, _, zone]
            if zone.text.contains('/') && zone.text.starts_with(|c: char| c.is_ascii_alphabetic())
                || zone.text == "UTC" =>
        {
            syntax(zone.column, "unexpected time zone: it is given apart from the expression")
        }
        [_, _, _, _, _, sixth, ..] => Err(CronError::at(
            CronErrorKind::Seconds,
            format!("{} fields instead of 5: there are none for seconds and years", found.len()),
            expression,
            sixth.column,
        )),
        short => {
            let end = short.last().map_or(0, |field| field.column + field.text.len());
            syntax(
                end,
                &format!("{} fields instead of 5: the {} is missing", short.len(), FIELDS[short.len()].0),
            )
        }
    }
}

/// Has the library compile `fields`, which were cut from `expression`.
pub(super) fn calendar(expression: &str, fields: &Fields<'_>) -> Result<Calendar, CronError> {
    let calendar =
        Calendar::new(fields).map_err(|error| complaint(&error.to_string(), expression, fields))?;
    if calendar.ever_matches() {
        return Ok(calendar);
    }
    let column = fields.0[2].column;
    Err(CronError::at(CronErrorKind::NeverFires, "no date ever matches", expression, column))
}

/// Translates the library's message: three lines, of which the last is `<spaces>^ <reason>`.
fn complaint(message: &str, expression: &str, fields: &Fields<'_>) -> CronError {
    let (column, reason) = match message.lines().nth(2).and_then(|line| line.split_once("^ ")) {
        Some((spaces, reason)) => (spaces.len(), reason),
        None => (0, message.lines().next().unwrap_or(MALFORMED)),
    };
    let (field, column) = fields.locate(column);
    let (name, range) = FIELDS[field];
    let reason = match reason {
        MALFORMED => format!("{name}: unexpected text; values are {range}"),
        reason => format!("{name}: {reason}"),
    };
    CronError::at(CronErrorKind::Syntax, reason, expression, column)
}

/// Looks `name` up in the database that is compiled in.
pub(super) fn time_zone(name: &str) -> Result<TimeZone, CronError> {
    let known = name.len() <= TIME_ZONE_BYTES_MAX;
    if let Some(zone) = known.then(|| TimeZoneDatabase::bundled().get(name).ok()).flatten() {
        return Ok(zone);
    }
    let shown: Cow<'_, str> = match known {
        true => name.escape_debug().to_string().into(),
        false => {
            format!("{}...", name.chars().take(TIME_ZONE_BYTES_MAX).collect::<String>().escape_debug()).into()
        }
    };
    let message = format!("`{shown}`; expected an IANA name like `Europe/Berlin` or `UTC`");
    Err(CronError::new(CronErrorKind::UnknownTimeZone, message))
}
