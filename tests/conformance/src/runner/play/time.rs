//! Time within a case: how much of it an adapter lets pass, and how long it is waited for.

use std::time::Duration;

use super::{End, Play, told};
use crate::case::{Case, Pattern, Step};
use crate::clock;
use crate::protocol::{Now, Op};

/// So many times the patience for one answer is the patience for a case.
const CASE: u32 = 10;

/// How often `pass` may be answered in a row with nothing told and no time gone.
const EMPTY_MAX: u32 = 100;

/// What adapters may be off by, in milliseconds: they and their hosts may read one clock at two moments.
const SLACK_MS: f64 = 1.0;

/// What real clocks may differ by, as a part of what passed.
const DRIFT: f64 = 0.01;

/// An adapter that does not let time pass as it is told to.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum NoTime {
    #[error("the adapter says that it is {at_ms} ms, and said before that it was {before_ms} ms")]
    Back { at_ms: f64, before_ms: f64 },
    #[error("the adapter was to let {ms} ms pass from {before_ms} ms on, and answered at {at_ms} ms")]
    Short { ms: u64, at_ms: f64, before_ms: f64 },
    #[error("the adapter told an event of {event_ms} ms, and then that it is {at_ms} ms")]
    Ahead { event_ms: f64, at_ms: f64 },
    #[error("the adapter answered `pass` {EMPTY_MAX} times in a row, told nothing and let no time pass")]
    Stands,
    #[error("the case took longer than {0:?}; --timeout gives an adapter longer")]
    Endless(Duration),
}

/// What time it is on the host, and until when the adapter has time.
#[derive(Debug)]
pub(super) struct Time {
    simulated: bool,
    at_ms: f64,
    /// For one answer, beside the time that is to pass.
    timeout: Duration,
    /// For the case.
    most: Duration,
    until: Duration,
}

impl Time {
    pub(super) fn of(case: &Case, simulated: bool, timeout: Duration) -> Self {
        let passes = case.steps.iter().map(|step| match step {
            Step::Wait { within_ms, .. } => *within_ms,
            Step::Advance { ms } => *ms,
            _ => 0,
        });
        let real = if simulated { 0 } else { passes.fold(0, u64::saturating_add) };
        let most = timeout.saturating_mul(CASE).saturating_add(Duration::from_millis(real));
        Self { simulated, at_ms: 0.0, timeout, most, until: clock::now().saturating_add(most) }
    }

    /// How long an answer may take.
    pub(super) fn patience(&self, op: &Op) -> Result<Duration, NoTime> {
        if clock::now() > self.until {
            return Err(NoTime::Endless(self.most));
        }
        let ms = match op {
            Op::Pass { ms } | Op::Advance { ms } if !self.simulated => *ms,
            _ => 0,
        };
        Ok(self.timeout.saturating_add(Duration::from_millis(ms)))
    }

    /// It is so late now. `least` is what must have passed, `event_ms` when the last event was.
    fn is(&mut self, at_ms: f64, least: Option<u64>, event_ms: f64) -> Result<(), NoTime> {
        let before_ms = std::mem::replace(&mut self.at_ms, at_ms);
        if at_ms < before_ms {
            return Err(NoTime::Back { at_ms, before_ms });
        }
        if event_ms > at_ms + SLACK_MS {
            return Err(NoTime::Ahead { event_ms, at_ms });
        }
        if let Some(ms) = least {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ms are long enough")]
            let wanted = ms as f64;
            let slack = SLACK_MS + if self.simulated { 0.0 } else { wanted * DRIFT };
            if at_ms - before_ms + slack < wanted {
                return Err(NoTime::Short { ms, at_ms, before_ms });
            }
        }
        Ok(())
    }
}

impl Play<'_> {
    /// Lets time pass, and answers what time it is then.
    pub(super) fn let_pass(&mut self, op: Op) -> Result<f64, End> {
        let seen = self.seen.events.len();
        let advances = if let Op::Advance { ms } = op { Some(ms) } else { None };
        let Now { at_ms } = self.must_answer(op)?;
        let told = self.seen.events.get(seen..).and_then(<[_]>::last);
        self.time.is(at_ms, advances, told.map_or(0.0, |(event, _)| event.at_ms))?;
        Ok(at_ms)
    }

    pub(super) fn wait(&mut self, event: &Pattern, times: usize, within_ms: u64) -> Result<(), End> {
        if self.seen.count(event) >= times {
            return Ok(());
        }
        // The first look lets nothing pass, and says what time it is.
        let began = self.let_pass(Op::Pass { ms: 0 })?;
        let (mut left, mut empty) = (within_ms, 0);
        loop {
            let count = self.seen.count(event);
            if count >= times {
                return Ok(());
            }
            if left == 0 {
                let what = told(event);
                return Err(End::Failed(format!("waited {within_ms} ms for {times} {what}; saw {count}")));
            }
            let (before, seen) = (self.time.at_ms, self.seen.events.len());
            let now = self.let_pass(Op::Pass { ms: left })?;
            let is_empty = self.seen.events.len() == seen && now - before < SLACK_MS;
            empty = if is_empty { empty + 1 } else { 0 };
            if empty >= EMPTY_MAX {
                return Err(NoTime::Stands.into());
            }
            let passed = Duration::try_from_secs_f64((now - began).max(0.0) / 1000.0).unwrap_or_default();
            left = within_ms.saturating_sub(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX));
        }
    }
}
