mod bucket;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(900);

fn at(seconds: u64) -> Instant {
    Instant::from_origin(Duration::from_secs(seconds))
}

fn wall(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn spent(cpu: Duration) -> Quota {
    let mut quota = Quota::new(QuotaPolicy::UWP8, at(0));
    quota.spend(at(0), cpu);
    quota
}

#[test]
fn what_is_left_is_what_was_not_spent() {
    let mut quota = spent(SECOND);
    assert_eq!(quota.verdict(at(10)), Covers::Yes { left: SECOND });
    quota.spend(at(10), SECOND);
    assert_eq!(quota.left(at(10)), Duration::ZERO);
}

#[test]
fn a_spent_quota_is_covered_again_from_the_refill_exactly() {
    let quota = spent(SECOND * 2);
    assert_eq!(quota.verdict(at(1)), Covers::From(at(900)));
    assert_eq!(quota.verdict(at(899)), Covers::From(at(900)));
    assert_eq!(quota.verdict(at(900)), Covers::Yes { left: SECOND * 2 });
}

#[test]
fn refills_keep_to_the_grid_however_late_anyone_looks() {
    let mut quota = spent(SECOND * 2);
    quota.spend(at(9_000 + 450), SECOND * 2);
    assert_eq!(quota.verdict(at(9_000 + 450)), Covers::From(at(9_900)));
}

#[test]
fn an_allowance_unused_is_not_saved_up() {
    assert_eq!(Quota::new(QuotaPolicy::UWP8, at(0)).left(at(900_000)), SECOND * 2);
}

#[test]
fn too_much_is_owed_by_the_next_window() {
    let quota = spent(SECOND * 3);
    assert_eq!(quota.verdict(at(900)), Covers::Yes { left: SECOND });
    assert_eq!(quota.verdict(at(1_800)), Covers::Yes { left: SECOND * 2 });
}

#[test]
fn all_that_is_owed_is_paid_however_many_windows_that_takes() {
    let quota = spent(SECOND * 9);
    assert_eq!(
        (quota.owed(at(0)), quota.owed(at(900)), quota.owed(at(3_600))),
        (SECOND * 7, SECOND * 5, Duration::ZERO)
    );
    for seconds in [0, 900, 3_599] {
        assert_eq!(quota.verdict(at(seconds)), Covers::From(at(3_600)));
    }
    assert_eq!(quota.verdict(at(3_600)), Covers::Yes { left: SECOND });
    let quota = spent(SECOND * 8);
    assert_eq!(quota.verdict(at(0)), Covers::From(at(3_600)), "nothing is left by the refill before");
    assert_eq!(quota.verdict(at(3_600)), Covers::Yes { left: SECOND * 2 });
    assert!(matches!(spent(Duration::MAX).verdict(at(0)), Covers::From(_)), "no sum overflows");
}

#[test]
fn a_restart_and_another_policy_take_a_debt_of_one_window_along_at_most() {
    let quota = spent(SECOND * 3_600);
    let restored = Quota::restore(QuotaPolicy::UWP8, quota.save(wall(0), at(0)), wall(0), at(0));
    let stricter = QuotaPolicy::new(SECOND, WINDOW).unwrap();
    for quota in [restored, quota.with_policy(stricter, at(0))] {
        assert_eq!(quota.verdict(at(0)), Covers::From(at(1_800)));
        assert_eq!(quota.verdict(at(1_800)), Covers::Yes { left: quota.policy().cpu() });
    }
}

#[test]
fn monotonic_time_that_goes_back_refills_nothing() {
    let mut quota = spent(SECOND * 2);
    quota.spend(at(900), SECOND * 2);
    assert_eq!(quota.verdict(at(100)), Covers::From(at(1_800)));
    assert_eq!(quota.verdict(at(900)), Covers::From(at(1_800)));
}

#[test]
fn a_restart_changes_nothing() {
    let quota = spent(SECOND * 2);
    let state = quota.save(wall(300), at(300));
    assert_eq!(state, QuotaState { window_start: wall(0), spent_us: 2_000_000 });
    // The new host's monotonic time has another origin.
    let restored = Quota::restore(QuotaPolicy::UWP8, state, wall(400), at(5));
    assert_eq!(restored.verdict(at(5)), Covers::From(at(505)));
    let later = Quota::restore(QuotaPolicy::UWP8, state, wall(900), at(5));
    assert_eq!(later.verdict(at(5)), Covers::Yes { left: SECOND * 2 });
}

#[test]
fn restarting_for_ever_does_not_put_off_the_refill() {
    let mut state = spent(SECOND * 2).save(wall(0), at(0));
    for restart in 1..90 {
        let quota = Quota::restore(QuotaPolicy::UWP8, state, wall(restart * 10), at(0));
        assert_eq!(quota.left(at(0)), Duration::ZERO);
        state = quota.save(wall(restart * 10), at(0));
    }
    assert_eq!(Quota::restore(QuotaPolicy::UWP8, state, wall(900), at(0)).left(at(0)), SECOND * 2);
}

#[test]
fn a_clock_set_back_over_a_restart_blocks_for_a_window_at_most() {
    let state = spent(SECOND * 2).save(wall(0), at(0));
    let restored = Quota::restore(QuotaPolicy::UWP8, state, wall(-1_000_000), at(0));
    assert_eq!(restored.verdict(at(0)), Covers::From(at(900)));
}

#[test]
fn another_policy_takes_over_what_was_spent() {
    let state = spent(SECOND * 2).save(wall(0), at(0));
    let roomier = QuotaPolicy::new(SECOND * 5, WINDOW).unwrap();
    assert_eq!(Quota::restore(roomier, state, wall(1), at(0)).left(at(0)), SECOND * 3);
}

#[test]
fn another_policy_holds_at_once_and_refills_nothing() {
    let quota = spent(SECOND * 2);
    let roomier = quota.with_policy(QuotaPolicy::new(SECOND * 5, WINDOW).unwrap(), at(300));
    assert_eq!(roomier.left(at(300)), SECOND * 3);
    assert_eq!(roomier.left(at(900)), SECOND * 5, "the window is the same one");
    let longer = quota.with_policy(QuotaPolicy::new(SECOND * 2, WINDOW * 4).unwrap(), at(300));
    assert_eq!(longer.verdict(at(300)), Covers::From(at(3_600)));
    let shorter = quota.with_policy(QuotaPolicy::new(SECOND * 2, SECOND * 200).unwrap(), at(300));
    assert_eq!(shorter.verdict(at(300)), Covers::Yes { left: SECOND * 2 }, "a window has ended since");
    assert_eq!(shorter.left(at(400)), SECOND * 2);
}

#[test]
fn the_first_of_operator_app_and_host_who_said_anything_decides() {
    let [one, two, three] = [1, 2, 3].map(|cpu| QuotaPolicy::new(SECOND * cpu, WINDOW).unwrap());
    let limited = Some(QuotaDecision::Limited(one));
    assert_eq!(resolve(limited, Some(two), Some(three)), Some((one, QuotaSource::Operator)));
    assert_eq!(resolve(None, Some(two), Some(three)), Some((two, QuotaSource::App)));
    assert_eq!(resolve(None, None, Some(three)), Some((three, QuotaSource::Host)));
    assert_eq!(resolve(None, None, None), None);
    assert_eq!(resolve(Some(QuotaDecision::Off), Some(two), Some(three)), None);
}

#[test]
fn refuses_policies_that_make_no_sense() {
    let too_long = QuotaPolicy::SPAN_MAX + SECOND;
    for cpu in [Duration::ZERO, Duration::from_nanos(999), too_long] {
        assert_eq!(QuotaPolicy::new(cpu, WINDOW), Err(QuotaPolicyError::Cpu { cpu }));
    }
    for window in [Duration::ZERO, too_long, Duration::MAX] {
        assert_eq!(QuotaPolicy::new(SECOND, window), Err(QuotaPolicyError::Window { window }));
    }
    assert!(QuotaPolicy::new(QuotaPolicy::SPAN_MAX, QuotaPolicy::SPAN_MAX).is_ok());
}

#[test]
fn policies_survive_serde_which_validates() {
    let json = serde_json::to_string(&QuotaPolicy::UWP8).unwrap();
    assert_eq!(json, r#"{"cpu_us":2000000,"window_us":900000000}"#);
    assert_eq!(serde_json::from_str::<QuotaPolicy>(&json).unwrap(), QuotaPolicy::UWP8);
    assert!(serde_json::from_str::<QuotaPolicy>(r#"{"cpu_us":0,"window_us":1}"#).is_err());
}

proptest! {
    /// Runs that look before each slice of work, as the host does: in no window is more granted than the allowance
    /// and one slice, nor in any number of windows together; and whoever is paused gets on at the moment he was told.
    #[test]
    fn no_window_grants_more_than_the_allowance_and_one_slice(
        slices in proptest::collection::vec((0_u64..2_000, 1_u64..150), 1..200),
    ) {
        let policy = QuotaPolicy::new(Duration::from_millis(150), Duration::from_secs(1)).unwrap();
        let slice_max = Duration::from_millis(150);
        let mut quota = Quota::new(policy, at(0));
        let mut now = at(0);
        let mut granted = std::collections::BTreeMap::<u128, Duration>::new();
        for (idle_ms, cpu_ms) in slices {
            now = now + Duration::from_millis(idle_ms);
            if let Covers::From(refill) = quota.verdict(now) {
                prop_assert!(refill > now && refill.since(now) <= policy.window() * 2);
                let just_before = refill - Duration::from_nanos(1);
                prop_assert!(matches!(quota.verdict(just_before), Covers::From(same) if same == refill));
                now = refill;
            }
            let left = quota.left(now);
            prop_assert_eq!(quota.verdict(now), Covers::Yes { left });
            prop_assert!(left > Duration::ZERO && left <= policy.cpu());
            let cpu = Duration::from_millis(cpu_ms);
            quota.spend(now, cpu);
            *granted.entry(now.since_origin().as_nanos() / 1_000_000_000).or_default() += cpu;
        }
        let mut sum = Duration::ZERO;
        let (first, mut windows) = (*granted.keys().next().unwrap(), 0);
        for (window, cpu) in &granted {
            prop_assert!(*cpu <= policy.cpu() + slice_max, "{:?} in window {}", cpu, window);
            sum += *cpu;
            windows = u32::try_from(window - first).unwrap() + 1;
            prop_assert!(sum <= policy.cpu() * windows + slice_max, "{:?} in {} windows", sum, windows);
        }
        prop_assert!(windows > 0);
    }

    /// Storing and restoring at any moment, without a clock change, is the same as not having stopped; as long as no more
    /// is owed than an allowance.
    #[test]
    fn save_and_restore_are_invisible(
        spent_ms in 0_u64..4_000, saved_at in 0_u64..4_000, down in 0_u64..4_000, origin in 0_u64..2_000,
        after in 0_u64..4_000,
    ) {
        let quota = spent(Duration::from_millis(spent_ms));
        let state = quota.save(wall(saved_at as i64), at(saved_at));
        let up = saved_at + down;
        let restored = Quota::restore(QuotaPolicy::UWP8, state, wall(up as i64), at(origin));
        prop_assert_eq!(restored.left(at(origin + after)), quota.left(at(up + after)));
    }
}
