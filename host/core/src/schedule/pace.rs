//! How exactly a schedule is kept.

use std::time::Duration;

use super::{SKIP_GRACE, Schedule};
use crate::ids::RegistrationId;
use crate::time::Timestamp;

/// By how much the occurrences of one registration are put off. Never brought forward, and never out of order.
///
/// An occurrence keeps its name and its moment, [`Occurrence::scheduled_for`](super::Occurrence), whatever the pace:
/// only when it is fired changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// The registration's own share of the jitter, in microseconds, not negative.
    offset_us: i64,
    /// In microseconds; zero without ticks.
    tick_us: i64,
}

impl Pace {
    /// Each occurrence at its moment.
    pub const EXACT: Self = Self { offset_us: 0, tick_us: 0 };

    /// The pace of registration `id`: each occurrence is put off by a span below `jitter`, and from there to the next
    /// multiple of `tick` since the epoch; zero for neither. Both are rounded down to whole microseconds.
    ///
    /// The span is the 64-bit FNV-1a hash of the id's sixteen bytes, modulo `jitter` in microseconds: the same on every
    /// node, in every version and after every restart.
    #[must_use]
    pub fn new(id: RegistrationId, jitter: Duration, tick: Duration) -> Self {
        let jitter_us = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX);
        let offset_us = fnv_1a(id.as_uuid().as_bytes()).checked_rem(jitter_us).unwrap_or(0);
        Self { offset_us: i64::try_from(offset_us).unwrap_or(i64::MAX), tick_us: micros(tick) }
    }

    /// By how much the jitter puts each occurrence off.
    #[must_use]
    pub fn offset(&self) -> Duration {
        Duration::from_micros(self.offset_us.unsigned_abs())
    }

    /// When the occurrence at `moment` is fired. Saturates at [`Timestamp::MAX`].
    #[must_use]
    pub fn fires_at(&self, moment: Timestamp) -> Timestamp {
        let due = moment.as_micros().saturating_add(self.offset_us);
        let past = due.checked_rem_euclid(self.tick_us).unwrap_or(0);
        Timestamp::from_micros(if past == 0 { due } else { due.saturating_add(self.tick_us - past) })
    }

    /// The newest moment whose occurrence may be fired at `now`: [`Pace::fires_at`] read backwards.
    #[must_use]
    pub(super) fn reached(&self, now: Timestamp) -> Timestamp {
        let past = now.as_micros().checked_rem_euclid(self.tick_us).unwrap_or(0);
        Timestamp::from_micros(now.as_micros().saturating_sub(past).saturating_sub(self.offset_us))
    }

    /// Whether the occurrence at `moment` is later at `now` than a host that runs ever fires it: by more than
    /// [`SKIP_GRACE`] beyond its jitter and a whole tick, which is what such a host promises to keep.
    pub(super) fn is_missed(&self, moment: Timestamp, now: Timestamp) -> bool {
        let kept_within = Duration::from_micros(self.tick_us.unsigned_abs()) + SKIP_GRACE;
        now.since(moment + self.offset()) > kept_within
    }
}

/// When `schedule` has to be looked at, if everything up to `watermark` has been handled; none if it is spent.
///
/// Neither earlier nor later looks find anything new, so this alone is worth waiting for, whatever the clock does
/// meanwhile: it changes only with the watermark.
#[must_use]
pub fn next_due(schedule: &Schedule, pace: Pace, watermark: Timestamp) -> Option<Timestamp> {
    schedule.next_after(watermark).map(|moment| pace.fires_at(moment))
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// FNV-1a, 64 bits, as its authors published it. The hashes of the library and of crates may change from one version
/// to the next; this is kept by every node for ever.
fn fnv_1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn id(n: u128) -> RegistrationId {
        RegistrationId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn the_hash_is_the_published_one() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325_u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(fnv_1a(text.as_bytes()), hash, "{text:?}");
        }
    }

    #[test]
    fn an_offset_is_what_it_was_in_the_first_version() {
        let offset = |n, jitter| Pace::new(id(n), jitter, Duration::ZERO).offset();
        assert_eq!(offset(1, MINUTE * 15), Duration::from_micros(258_073_010));
        assert_eq!(offset(2, MINUTE * 15), Duration::from_micros(546_444_799));
        assert_eq!(offset(2, Duration::ZERO), Duration::ZERO);
        assert_eq!(offset(2, Duration::from_nanos(999)), Duration::ZERO);
    }

    #[test]
    fn a_thousand_ids_in_a_row_are_spread_over_the_jitter() {
        let mut quarters = [0; 4];
        for n in 0..1_000 {
            let offset = Pace::new(id(n), MINUTE, Duration::ZERO).offset();
            assert!(offset < MINUTE);
            quarters[usize::try_from(offset.as_secs() / 15).unwrap()] += 1;
        }
        assert!(quarters.iter().all(|n| (150..350).contains(n)), "{quarters:?}");
    }

    #[test]
    fn a_tick_is_never_before_what_is_due_and_never_a_whole_tick_behind() {
        let quarter = 15 * 60 * 1_000;
        let pace = Pace::new(id(1), Duration::ZERO, MINUTE * 15);
        for (due, fires) in [(0, 0), (1, quarter), (quarter - 1, quarter), (quarter, quarter), (-1, 0)] {
            let due = Timestamp::from_millis(due);
            assert_eq!(pace.fires_at(due), Timestamp::from_millis(fires), "{due}");
            assert_eq!(Pace::EXACT.fires_at(due), due);
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let pace = Pace::new(id(1), Duration::MAX, Duration::MAX);
        let least = Timestamp::from_micros(i64::MIN);
        assert_eq!(pace.fires_at(Timestamp::MAX), Timestamp::MAX);
        assert_eq!(pace.reached(least), least);
        assert!(pace.fires_at(least) >= least);
    }

    proptest! {
        /// What may be fired is what was put off until now, and nothing else.
        #[test]
        fn reached_is_fires_at_read_backwards(
            moment in -1_000_000_000_i64..1_000_000_000,
            now in -1_000_000_000_i64..1_000_000_000,
            jitter in 0_u64..100_000_000,
            tick in 0_u64..100_000_000,
            n in any::<u128>(),
        ) {
            let pace = Pace::new(id(n), Duration::from_micros(jitter), Duration::from_micros(tick));
            let (moment, now) = (Timestamp::from_micros(moment), Timestamp::from_micros(now));
            prop_assert_eq!(pace.fires_at(moment) <= now, moment <= pace.reached(now));
            prop_assert!(pace.fires_at(moment) >= moment);
        }
    }
}
