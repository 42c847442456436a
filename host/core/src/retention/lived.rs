//! How old something is, where the wall clock is not to be trusted.
//!
//! A machine without a battery boots in 1970 and is set later; a wall clock can be set ahead by mistake. What was
//! recorded in this life of a host is therefore as old as the monotonic clock says, and no older: the places of the
//! journal are noted along with it. For what is older than that there is the wall clock alone, and while it jumps
//! nothing goes by its age.

use std::collections::VecDeque;
use std::time::Duration;

use super::Retention;
use crate::completion::Cursor;
use crate::store::Prune;
use crate::time::{Instant, Timestamp};

/// How much further than the monotonic clock the wall clock may have gone between two looks, either way: it is
/// corrected a little all the time.
const JUMP: Duration = Duration::from_secs(60);

/// The most marks that are kept: an age is known to this part of the longest.
const MARKS: u32 = 4096;

/// A moment at which retention looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The end of the journal, read before the clocks.
    pub head: Cursor,
    /// By the monotonic clock.
    pub now: Instant,
    /// By the wall clock.
    pub wall: Timestamp,
}

/// What one life of a host knows of the age of what it recorded.
#[derive(Clone, Debug)]
pub struct Lived {
    retention: Retention,
    last: Look,
    /// The oldest first, and never none: the first is the start, or is older than every age that is asked for.
    marks: VecDeque<Look>,
}

impl Lived {
    /// A life begins. Of what is recorded from now on the age is known.
    #[must_use]
    pub fn begin(retention: Retention, start: Look) -> Self {
        Self { retention, last: start, marks: VecDeque::from([start]) }
    }

    /// What to let go of at `look`, `limit` at a time.
    pub fn look(&mut self, look: Look, limit: usize) -> Prune {
        let jumped = self.has_jumped(look);
        self.last = look;
        self.mark(look);
        let Retention { age, .. } = self.retention;
        let unread_age = self.retention.unread_age.max(age);
        let mut ask = self.retention.prune(look.wall, limit);
        ask.spare_after = Some(self.recorded(look.now, age));
        ask.spare_unread_after = Some(self.recorded(look.now, unread_age));
        // Of what was withdrawn there is no place: what the wall clock has shown since is spared.
        let shown = self.marks.iter().filter(|mark| look.now.since(mark.now) < age).map(|mark| mark.wall);
        ask.withdrawn_before = shown.chain([ask.withdrawn_before]).min().unwrap_or(ask.withdrawn_before);
        if jumped {
            let never = Timestamp::from_micros(i64::MIN);
            (ask.ended_before, ask.unread_before, ask.withdrawn_before) = (never, never, never);
        }
        ask
    }

    /// Whether the wall clock was set since the look before, or the machine slept.
    fn has_jumped(&self, look: Look) -> bool {
        let (earlier, passed) = (self.last, look.now.since(self.last.now));
        let ahead = look.wall.since(earlier.wall + passed);
        let back = (earlier.wall + passed).since(look.wall);
        ahead.max(back) > JUMP
    }

    fn mark(&mut self, look: Look) {
        let longest = self.retention.unread_age.max(self.retention.age);
        let due = |last: &Look| look.now.since(last.now) >= longest / MARKS;
        if self.marks.back().is_none_or(due) {
            self.marks.push_back(look);
        }
        while self.marks.get(1).is_some_and(|second| look.now.since(second.now) >= longest) {
            self.marks.pop_front();
        }
    }

    /// The end of the journal `age` ago, at the latest; that at the start if it was not so long ago.
    fn recorded(&self, now: Instant, age: Duration) -> Cursor {
        let old = self.marks.iter().rev().find(|mark| now.since(mark.now) >= age);
        old.or(self.marks.front()).map_or(Cursor(0), |mark| mark.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const RETENTION: Retention =
        Retention { age: DAY, unread_age: DAY.saturating_mul(2), ..Retention::DEFAULT };

    fn look(head: u64, up: Duration, wall: Timestamp) -> Look {
        Look { head: Cursor(head), now: Instant::ORIGIN + up, wall }
    }

    #[test]
    fn what_is_recorded_in_this_life_is_as_old_as_the_host_knows() {
        let start = Timestamp::EPOCH + 100 * DAY;
        let mut life = Lived::begin(RETENTION, look(3, Duration::ZERO, start));
        let mut spared = vec![];
        for day in 1..=4 {
            let ask = life.look(look(10 * u64::from(day), day * DAY, start + day * DAY), 1);
            spared.push((ask.spare_after, ask.spare_unread_after));
        }
        let spared_are = [(3, 3), (10, 3), (20, 10), (30, 20)];
        assert_eq!(spared, spared_are.map(|(all, unread)| (Some(Cursor(all)), Some(Cursor(unread)))));
    }

    #[test]
    fn nothing_goes_by_its_age_while_the_wall_clock_jumps() {
        let start = Timestamp::EPOCH + 100 * DAY;
        for to in [start + 90 * DAY, start - 90 * DAY] {
            let mut life = Lived::begin(RETENTION, look(0, Duration::ZERO, start));
            let jumped = life.look(look(0, JUMP, to), 1);
            let never = Timestamp::from_micros(i64::MIN);
            assert_eq!(jumped.ended_before.max(jumped.unread_before).max(jumped.withdrawn_before), never);
            assert_eq!(jumped.keep_runs, RETENTION.runs, "by their number they do");
            let steady = life.look(look(0, JUMP * 2, to + JUMP), 1);
            assert_eq!(steady.ended_before, to + JUMP - DAY);
        }
    }

    #[test]
    fn what_was_withdrawn_since_the_start_is_spared_for_its_age() {
        let (before, after) = (Timestamp::EPOCH, Timestamp::EPOCH + 100 * DAY);
        let mut life = Lived::begin(RETENTION, look(0, Duration::ZERO, before));
        life.look(look(0, JUMP, after), 1);
        assert_eq!(life.look(look(0, JUMP * 2, after + JUMP), 1).withdrawn_before, before);
        life.look(look(0, DAY, after + DAY - JUMP), 1);
        let ask = life.look(look(0, DAY * 2, after + DAY * 2 - JUMP), 1);
        assert_eq!(ask.withdrawn_before, ask.ended_before);
    }

    #[test]
    fn no_more_marks_are_kept_than_the_longest_age_needs() {
        let start = Timestamp::EPOCH + 100 * DAY;
        let mut life = Lived::begin(RETENTION, look(0, Duration::ZERO, start));
        for n in 0..20_000 {
            let up = Duration::from_secs(20) * n;
            life.look(look(0, up, start + up), 1);
        }
        assert!(life.marks.len() <= MARKS as usize + 2, "{}", life.marks.len());
    }
}
