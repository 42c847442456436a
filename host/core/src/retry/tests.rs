use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn steady(max_attempts: u32) -> RetryPolicy {
    RetryPolicy::new(max_attempts, SECOND, SECOND * 60, 2.0, 0.0).expect("within all ranges")
}

#[test]
fn the_default_tries_once() {
    assert_eq!(RetryPolicy::default(), RetryPolicy::none());
    assert_eq!(RetryPolicy::none().next(1, None, 7), None);
    assert_eq!(RetryPolicy::none().next(1, Some(SECOND), 7), None, "the task cannot grant itself an attempt");
}

#[test]
fn waits_grow_by_the_factor_up_to_the_maximum_until_the_attempts_are_spent() {
    let waits: Vec<_> = (1..10).map(|failures| steady(9).next(failures, None, 0)).collect();
    let expected = [1, 2, 4, 8, 16, 32, 60, 60].map(|n| Some(SECOND * n));
    assert_eq!(waits[..8], expected);
    assert_eq!(waits[8], None);
}

#[test]
fn a_thousand_failures_do_not_overflow() {
    let policy =
        RetryPolicy::new(1_000, SECOND, RetryPolicy::DELAY_MAX, 10.0, 1.0).expect("within all ranges");
    assert!(policy.next(999, None, 3).is_some_and(|wait| wait <= RetryPolicy::DELAY_MAX));
}

#[test]
fn the_task_may_ask_for_later_but_not_for_sooner_or_never() {
    let policy = steady(3);
    assert_eq!(policy.next(1, Some(SECOND * 600), 0), Some(SECOND * 600));
    assert_eq!(policy.next(1, Some(Duration::ZERO), 0), Some(SECOND));
    assert_eq!(policy.next(1, Some(Duration::MAX), 0), Some(RetryPolicy::RETRY_AFTER_MAX));
}

#[test]
fn jitter_is_spread_over_its_range_and_repeats_with_the_seed() {
    let policy = RetryPolicy::new(3, SECOND, SECOND, 1.0, 0.5).expect("within all ranges");
    let waits: Vec<_> =
        (0..1_000).map(|seed| policy.next(1, None, seed).expect("an attempt is left")).collect();
    for tenth in 0..10 {
        let range = SECOND / 2 + SECOND / 20 * tenth..SECOND / 2 + SECOND / 20 * (tenth + 1);
        let hits = waits.iter().filter(|wait| range.contains(wait)).count();
        assert!((50..150).contains(&hits), "{hits} of 1000 neighbouring seeds in {range:?}");
    }
    assert_eq!(policy.next(1, None, 5), policy.next(1, None, 5));
    assert_ne!(policy.next(1, None, 5), policy.next(2, None, 5));
}

#[test]
fn refuses_each_argument_out_of_its_range() {
    let new = RetryPolicy::new;
    assert!(matches!(new(0, SECOND, SECOND, 1.0, 0.0), Err(RetryPolicyError::Attempts { max_attempts: 0 })));
    assert!(matches!(RetryPolicy::exponential(1_001), Err(RetryPolicyError::Attempts { .. })));
    assert!(matches!(new(1, Duration::ZERO, SECOND, 1.0, 0.0), Err(RetryPolicyError::Initial { .. })));
    assert!(matches!(new(1, SECOND * 2, SECOND, 1.0, 0.0), Err(RetryPolicyError::Max { .. })));
    assert!(matches!(new(1, SECOND, Duration::MAX, 1.0, 0.0), Err(RetryPolicyError::Max { .. })));
    for factor in [0.9, 10.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(new(1, SECOND, SECOND, factor, 0.0), Err(RetryPolicyError::Factor { .. })));
    }
    for jitter in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(new(1, SECOND, SECOND, 1.0, jitter), Err(RetryPolicyError::Jitter { .. })));
    }
}

#[test]
fn survives_serde_which_validates() {
    let policy = RetryPolicy::exponential(5).expect("within range");
    let json = serde_json::to_string(&policy).expect("plain data");
    assert_eq!(
        json,
        r#"{"max_attempts":5,"initial_us":1000000,"max_us":900000000,"factor":2.0,"jitter":0.5}"#
    );
    assert_eq!(serde_json::from_str::<RetryPolicy>(&json).ok(), Some(policy));
    let error =
        serde_json::from_str::<RetryPolicy>(&json.replace("2.0", "0.5")).expect_err("shrinking waits");
    assert!(error.to_string().contains("a factor of 0.5 is not between 1 and 10"), "{error}");
}

proptest! {
    #[test]
    fn every_wait_is_within_its_bounds(
        attempts in 1_u32..=RetryPolicy::ATTEMPTS_MAX,
        initial_ms in 1_u64..100_000,
        extra_ms in 0_u64..1_000_000,
        factor in 1.0..=RetryPolicy::FACTOR_MAX,
        jitter in 0.0..=1.0,
        failures in 0_u32..1_200,
        retry_after_ms in proptest::option::of(any::<u32>()),
        seed: u64,
    ) {
        let initial = Duration::from_millis(initial_ms);
        let max = initial + Duration::from_millis(extra_ms);
        let policy = RetryPolicy::new(attempts, initial, max, factor, jitter).expect("within all ranges");
        let retry_after = retry_after_ms.map(|ms| Duration::from_millis(ms.into()));
        let wait = policy.next(failures, retry_after, seed);
        prop_assert_eq!(wait.is_none(), failures >= attempts);
        if let Some(wait) = wait {
            let asked = retry_after.unwrap_or_default();
            // A float has 53 bits: within a microsecond of the least wait.
            let least = initial.mul_f64(1.0 - jitter).saturating_sub(Duration::from_micros(1));
            prop_assert!(wait >= asked && wait >= least && wait <= max.max(asked), "{:?}", wait);
        }
    }
}
