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
        if charge(&mut bucket, 100 * MS, at(0)).save == Some(Save::Now) {
            saves.push(nth);
            let (unsaved, state) = bucket.unsaved(wall(0), at(0));
            assert_eq!(state.spent_us, 100_000 * nth);
            assert!(unsaved <= unsaved_max(QuotaPolicy::UWP8));
            bucket.saved(unsaved);
        }
    }
    assert_eq!(saves, [5, 10, 15, 20], "a quarter of the allowance each");
    assert_eq!(charge(&mut bucket, Duration::ZERO, at(0)).save, None, "nothing is new");
}

#[test]
fn it_is_saved_when_it_runs_out_and_once_for_that() {
    let mut bucket = bucket();
    bucket.saved(SECOND);
    charge(&mut bucket, 1_900 * MS, at(0));
    bucket.saved(1_900 * MS);
    assert_eq!(charge(&mut bucket, 100 * MS, at(0)).save, Some(Save::Now));
    bucket.saved(100 * MS);
    assert_eq!(charge(&mut bucket, 100 * MS, at(0)).save, Some(Save::Soon), "it has run out before");
}

#[test]
fn a_large_allowance_is_saved_every_few_seconds_and_what_comes_meanwhile_is_saved_next() {
    let hour = SECOND * 3_600;
    assert_eq!(unsaved_max(QuotaPolicy::new(hour, hour).unwrap()), SECOND * 5);
    let mut bucket = Bucket::new(Quota::new(QuotaPolicy::new(hour, hour).unwrap(), at(0)));
    assert_eq!(charge(&mut bucket, SECOND * 4, at(0)).save, Some(Save::Soon), "it knew all until now");
    assert_eq!(charge(&mut bucket, SECOND / 2, at(0)).save, None, "that has been said");
    assert_eq!(charge(&mut bucket, SECOND / 2, at(0)).save, Some(Save::Now));
    let (unsaved, _) = bucket.unsaved(wall(0), at(0));
    charge(&mut bucket, SECOND * 2, at(1));
    bucket.saved(unsaved);
    assert_eq!(bucket.unsaved(wall(1), at(1)).0, SECOND * 2);
}

#[test]
fn cancelled_runs_may_overdraw_it_by_a_little_all_together_and_owe_that() {
    let mut bucket = bucket();
    assert!(charge(&mut bucket, SECOND * 2, at(0)).covers_grace);
    let one = charge(&mut bucket, 900 * MS, at(1));
    assert_eq!((one.covers, one.covers_grace), (Covers::From(at(900)), true));
    assert!(!charge(&mut bucket, 100 * MS, at(1)).covers_grace, "that was the last of it");
    assert!(!charge(&mut bucket, Duration::ZERO, at(2)).covers_grace, "for another one as well");
    let mut reserve = MS;
    assert!(
        bucket.charge(Duration::ZERO, &mut reserve, at(2)).covers_grace,
        "unless it has a reserve of its own"
    );
    assert_eq!(bucket.quota().left(at(900)), SECOND, "the next window pays");

    let tiny = QuotaPolicy::new(MS, SECOND).unwrap();
    assert_eq!((overdraft(QuotaPolicy::UWP8), overdraft(tiny)), (SECOND, MS), "no more than an allowance");
}

proptest! {
    /// Several runs at once, some of them cancelled, each of which uses a slice before it is charged for it: in any number
    /// of windows an app gets their allowances, the overdraft once, and a slice of each run.
    #[test]
    fn who_is_cancelled_gets_no_more_than_the_overdraft_however_many_runs_there_are(
        rounds in proptest::collection::vec((0_u64..700, proptest::collection::vec((1_u64..40, any::<bool>()), 1..6)), 1..80),
    ) {
        let policy = QuotaPolicy::new(150 * MS, SECOND).unwrap();
        let (mut bucket, mut now) = (Bucket::new(Quota::new(policy, at(0))), at(0));
        let (mut sum, mut slices) = (Duration::ZERO, Duration::ZERO);
        for (idle_ms, runs) in rounds {
            now = now + Duration::from_millis(idle_ms);
            let at_once = runs.iter().map(|(ms, _)| MS * u32::try_from(*ms).unwrap()).sum::<Duration>();
            slices = slices.max(at_once);
            // All of them look, then each of them computes.
            let before = charge(&mut bucket, Duration::ZERO, now);
            let goes_on = |canceled: bool| {
                if canceled { before.covers_grace } else { matches!(before.covers, Covers::Yes { .. }) }
            };
            for (ms, canceled) in runs {
                if goes_on(canceled) {
                    let cpu = Duration::from_millis(ms);
                    charge(&mut bucket, cpu, now);
                    sum += cpu;
                }
            }
            let windows = 1 + u32::try_from(now.since_origin().as_secs()).unwrap();
            let most = policy.cpu() * windows + overdraft(policy) + slices;
            prop_assert!(sum <= most, "{:?} of {:?} in {} windows", sum, most, windows);
        }
    }
}
