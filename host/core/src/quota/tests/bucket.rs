use super::*;
use crate::trigger::TriggerKind;

const MS: Duration = Duration::from_millis(1);

fn bucket() -> Bucket {
    Bucket::new(Quota::new(QuotaPolicy::UWP8, at(0)))
}

/// Charges a run that has no reserve.
fn charge(bucket: &mut Bucket, cpu: Duration, now: Instant) -> Charged {
    let mut none = Duration::ZERO;
    bucket.charge(cpu, &mut none, now)
}

#[test]
fn a_run_without_a_reserve_is_paused_when_the_bucket_is_empty() {
    let mut bucket = bucket();
    assert_eq!(charge(&mut bucket, SECOND, at(0)).covers, Covers::Yes { left: SECOND });
    assert_eq!(charge(&mut bucket, SECOND, at(1)).covers, Covers::From(at(900)));
    assert_eq!(charge(&mut bucket, Duration::ZERO, at(900)).covers, Covers::Yes { left: SECOND * 2 });
}

#[test]
fn a_reserve_is_used_when_the_bucket_is_empty_and_then_it_pauses_as_well() {
    let mut bucket = bucket();
    let mut reserve = SECOND;
    assert_eq!(bucket.charge(SECOND, &mut reserve, at(0)).covers, Covers::Yes { left: SECOND });
    assert_eq!(reserve, SECOND, "as long as the bucket holds anything it is not touched");
    assert_eq!(bucket.charge(SECOND + 300 * MS, &mut reserve, at(0)).covers, Covers::Yes { left: 700 * MS });
    assert_eq!(charge(&mut bucket, Duration::ZERO, at(0)).covers, Covers::From(at(900)), "nobody else's");
    assert_eq!(bucket.charge(700 * MS, &mut reserve, at(0)).covers, Covers::From(at(900)));
    assert_eq!(bucket.quota().left(at(900)), SECOND * 2, "what was reserved is not owed");
    bucket.charge(SECOND * 3, &mut reserve, at(900));
    assert_eq!(bucket.quota().left(at(1_800)), SECOND, "what goes beyond it is");
}

#[test]
fn a_reserve_is_for_its_kinds() {
    let reserve = Reserve::uwp8();
    assert_eq!(reserve.of(TriggerKind::Socket), SECOND);
    assert_eq!(reserve.of(TriggerKind::Message), SECOND);
    assert_eq!(reserve.of(TriggerKind::Time), Duration::ZERO);
    assert_eq!(Reserve::none().of(TriggerKind::Socket), Duration::ZERO);
}

#[test]
fn it_is_saved_by_what_was_spent_and_not_by_how_often() {
    let mut bucket = bucket();
    let mut saves = Vec::new();
    for nth in 1..=20 {
        if charge(&mut bucket, 100 * MS, at(0)).save {
            saves.push(nth);
            let (unsaved, state) = bucket.unsaved(wall(0), at(0));
            assert_eq!(state.spent_us, 100_000 * nth);
            assert!(unsaved <= unsaved_max(QuotaPolicy::UWP8));
            bucket.saved(unsaved);
        }
    }
    assert_eq!(saves, [5, 10, 15, 20], "a quarter of the allowance each");
    assert!(!charge(&mut bucket, Duration::ZERO, at(0)).save, "nothing is new");
}

#[test]
fn it_is_saved_when_it_runs_out_and_once_for_that() {
    let mut bucket = bucket();
    bucket.saved(SECOND);
    charge(&mut bucket, 1_900 * MS, at(0));
    bucket.saved(1_900 * MS);
    assert!(charge(&mut bucket, 100 * MS, at(0)).save);
    bucket.saved(100 * MS);
    assert!(!charge(&mut bucket, 100 * MS, at(0)).save, "it has run out before");
}

#[test]
fn a_large_allowance_is_saved_every_few_seconds_and_what_comes_meanwhile_is_saved_next() {
    let hour = SECOND * 3_600;
    assert_eq!(unsaved_max(QuotaPolicy::new(hour, hour).unwrap()), SECOND * 5);
    let mut bucket = Bucket::new(Quota::new(QuotaPolicy::new(hour, hour).unwrap(), at(0)));
    assert!(!charge(&mut bucket, SECOND * 4, at(0)).save);
    assert!(charge(&mut bucket, SECOND, at(0)).save);
    let (unsaved, _) = bucket.unsaved(wall(0), at(0));
    charge(&mut bucket, SECOND * 2, at(1));
    bucket.saved(unsaved);
    assert_eq!(bucket.unsaved(wall(1), at(1)).0, SECOND * 2);
}
