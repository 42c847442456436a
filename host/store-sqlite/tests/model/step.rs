//! What may happen, and how often.

use dormouse_core::activation::{After, Claim};
use dormouse_core::app::previous::Kept;
use dormouse_core::completion::Cursor;
use dormouse_core::ids::AppId;
use dormouse_core::outcome::{Cancellation, CancellationReason, Outcome, TrapKind};
use dormouse_core::overlap::Refusal;
use dormouse_core::store::Prune;
use dormouse_core::store::exercise::fixture::{app, at, failed, node, run};
use dormouse_core::{AccessStatus, Overlap};
use proptest::prelude::*;

/// A step of a history. Moments are milliseconds, ids small numbers, so that they meet.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Save {
        of: u128,
        spent: bool,
        watermark: i64,
    },
    Remove {
        of: u128,
        now: i64,
    },
    Advance {
        of: u128,
        to: i64,
    },
    Note {
        of: u128,
        reason: Refusal,
        now: i64,
    },
    SaveApp {
        of: u128,
        access: AccessStatus,
    },
    RemoveApp {
        of: u128,
        now: i64,
    },
    ForgetApp {
        of: u128,
    },
    Enqueue {
        of: u128,
        key: u8,
        overlap: Overlap,
        claim: Option<Claim>,
        watermark: Option<i64>,
        spend: bool,
        now: i64,
    },
    Claim {
        of: u128,
        claim: Claim,
    },
    Renew {
        held: Vec<(u128, u64)>,
        until: i64,
    },
    Finish {
        of: u128,
        honest: bool,
        run: u128,
        fence: u64,
        after: After,
        outcome: usize,
        output: u8,
        now: i64,
    },
    Reap {
        node: Option<u128>,
        before: i64,
        now: i64,
        limit: usize,
    },
    Forgive {
        of: u128,
    },
    Redrive {
        of: u128,
        now: i64,
    },
    Discard {
        of: u128,
    },
    Prune(Prune),
    Commit {
        by: &'static str,
        to: u64,
    },
    Forget {
        who: &'static str,
    },
    PutAppState {
        of: u128,
        kept: Option<Kept>,
        prelaunch: Option<bool>,
        now: i64,
    },
    SaveWebhook {
        url: u8,
    },
    RemoveWebhook,
    NoteUndelivered {
        cursor: u64,
        attempts: u32,
    },
    RemoveUndelivered {
        cursor: u64,
    },
    Reopen,
}

/// How many activations a history makes at most: one for each step.
pub(crate) const STEPS: usize = 48;

/// The app of registration `of`: the first two share one.
pub(crate) fn app_of(of: u128) -> AppId {
    if of < 3 { app() } else { AppId::new("org.example.other").unwrap() }
}

fn overlap() -> impl Strategy<Value = Overlap> {
    prop_oneof![
        Just(Overlap::Coalesce),
        Just(Overlap::KeepLatest),
        Just(Overlap::Refuse),
        (1u32..4).prop_map(|max| Overlap::Queue { max }),
        (1u32..4).prop_map(|max| Overlap::Parallel { max }),
    ]
}

fn claim() -> impl Strategy<Value = Claim> {
    (0u128..6, 1u128..3, 0i64..50, 0i64..30).prop_map(|(r, n, now, span)| Claim {
        run: run(r),
        node: node(n),
        at: at(now),
        until: at(now + span),
    })
}

fn after() -> impl Strategy<Value = After> {
    prop_oneof![
        3 => Just(After::End),
        1 => (0i64..50).prop_map(|t| After::Retry { not_before: at(t) }),
        1 => Just(After::Again),
    ]
}

/// The last one's cursor goes with the webhook.
pub(crate) const SUBSCRIBERS: [&str; 3] = ["away", "reader", "webhook:hook"];

fn subscriber() -> impl Strategy<Value = &'static str> {
    prop::sample::select(SUBSCRIBERS.to_vec())
}

fn kept() -> impl Strategy<Value = Kept> {
    prop::sample::select(vec![Kept::Running, Kept::NotRunning, Kept::Terminated, Kept::ClosedByUser])
}

/// How runs end.
const OUTCOMES: usize = 6;

pub(crate) fn outcome(of: usize) -> Outcome {
    let canceled =
        |reason| Outcome::Canceled { cancellation: Cancellation::new(reason, "test", ""), forced: false };
    match of {
        0 => failed(),
        1 => Outcome::Trapped { kind: TrapKind::Unreachable, message: "unreachable".to_owned() },
        2 => canceled(CancellationReason::ExecutionTimeExceeded),
        3 => canceled(CancellationReason::Abort),
        4 => Outcome::DeferralAbandoned { open: 1 },
        _ => Outcome::Succeeded,
    }
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let of = 1u128..4;
    let target = 1..=(STEPS as u128) / 2;
    prop_oneof![
        2 => (of.clone(), prop::bool::weighted(0.1), 0i64..50)
            .prop_map(|(of, spent, watermark)| Step::Save { of, spent, watermark }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, now)| Step::Remove { of, now }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, to)| Step::Advance { of, to }),
        2 => (of.clone(), prop::sample::select(vec![Refusal::Spent, Refusal::DeniedByUser]), 0i64..50)
            .prop_map(|(of, reason, now)| Step::Note { of, reason, now }),
        1 => (of.clone(), prop::sample::select(AccessStatus::ALL.to_vec()))
            .prop_map(|(of, access)| Step::SaveApp { of, access }),
        1 => (of.clone(), 0i64..50).prop_map(|(of, now)| Step::RemoveApp { of, now }),
        1 => of.clone().prop_map(|of| Step::ForgetApp { of }),
        10 => (
            of.clone(), 0u8..12, overlap(), prop::option::of(claim()), prop::option::of(0i64..50),
            prop::bool::weighted(0.05), 0i64..50,
        )
            .prop_map(|(of, key, overlap, claim, watermark, spend, now)| Step::Enqueue {
                of, key, overlap, claim, watermark, spend, now,
            }),
        6 => (target.clone(), claim()).prop_map(|(of, claim)| Step::Claim { of, claim }),
        2 => (prop::collection::vec((target.clone(), 0u64..3), 0..4), 0i64..90)
            .prop_map(|(held, until)| Step::Renew { held, until }),
        8 => (
            target.clone(), prop::bool::weighted(0.8), 0u128..6, 0u64..3, after(), 0..OUTCOMES, 0u8..4, 0i64..50,
        )
            .prop_map(|(of, honest, run, fence, after, outcome, output, now)| Step::Finish {
                of, honest, run, fence, after, outcome, output, now,
            }),
        2 => (prop::option::of(1u128..3), 0i64..90, 0i64..90, 0usize..4)
            .prop_map(|(node, before, now, limit)| Step::Reap { node, before, now, limit }),
        1 => of.prop_map(|of| Step::Forgive { of }),
        2 => (target.clone(), 0i64..50).prop_map(|(of, now)| Step::Redrive { of, now }),
        1 => target.prop_map(|of| Step::Discard { of }),
        2 => (
            0i64..70, prop::option::of(0u64..9), 0i64..50, prop::option::of(0u64..9), prop::option::of(0u64..9),
            0i64..70, 0usize..6,
        )
            .prop_map(|(before, keep_runs, unread, spared, spared_unread, withdrawn, limit)| Step::Prune(Prune {
                ended_before: at(before), spare_after: spared.map(Cursor),
                keep_runs: keep_runs.unwrap_or(u64::MAX), unread_before: at(unread),
                spare_unread_after: spared_unread.map(Cursor), withdrawn_before: at(withdrawn), limit,
            })),
        1 => (subscriber(), 0u64..9).prop_map(|(by, to)| Step::Commit { by, to }),
        1 => subscriber().prop_map(|who| Step::Forget { who }),
        1 => (1u128..4, prop::option::of(kept()), any::<Option<bool>>(), 0i64..50)
            .prop_map(|(of, kept, prelaunch, now)| Step::PutAppState { of, kept, prelaunch, now }),
        1 => any::<u8>().prop_map(|url| Step::SaveWebhook { url }),
        1 => Just(Step::RemoveWebhook),
        1 => (0u64..6, 1u32..3).prop_map(|(cursor, attempts)| Step::NoteUndelivered { cursor, attempts }),
        1 => (0u64..6).prop_map(|cursor| Step::RemoveUndelivered { cursor }),
        1 => Just(Step::Reopen),
    ]
}
