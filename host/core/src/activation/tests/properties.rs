//! What holds in whatever order an activation is told things, by nodes that know more or less of each other.

use proptest::prelude::*;

use super::super::*;
use super::{claim_at, firing};

#[derive(Clone, Debug)]
enum Command {
    Coalesce {
        stands_for: u32,
        replace: bool,
    },
    Claim,
    /// With a fence that is this far from the newest.
    Renew {
        behind: u64,
    },
    Complete {
        behind: u64,
        after: After,
    },
    Interrupt,
    Withdraw,
}

fn command() -> impl Strategy<Value = Command> {
    // Mostly the newest fence; else an older one, or (wrapping) one that was never given.
    let behind = || prop_oneof![3 => Just(0), 1 => 1..4_u64, 1 => Just(u64::MAX)];
    let after = prop_oneof![
        1 => Just(After::End),
        3 => (0..40_i64).prop_map(|s| After::Retry { not_before: super::at(s) }),
        3 => Just(After::Again),
    ];
    prop_oneof![
        4 => (0..5_u32, any::<bool>()).prop_map(|(stands_for, replace)| Command::Coalesce { stands_for, replace }),
        8 => Just(Command::Claim),
        2 => behind().prop_map(|behind| Command::Renew { behind }),
        8 => (behind(), after).prop_map(|(behind, after)| Command::Complete { behind, after }),
        2 => Just(Command::Interrupt),
        1 => Just(Command::Withdraw),
    ]
}

/// The clock of whoever commands may stand still, run and go back: it is not the same node each time.
fn commands() -> impl Strategy<Value = Vec<(Timestamp, Command)>> {
    prop::collection::vec(((0..60_i64).prop_map(super::at), command()), 1..80)
}

/// The activation, by the counts that its documentation promises.
#[derive(Debug, PartialEq)]
struct Counts {
    coalesced: u32,
    claims: u64,
    failures: u32,
    interruptions: u32,
}

fn counts(activation: &Activation) -> Counts {
    Counts {
        coalesced: activation.coalesced,
        claims: activation.fence.0,
        failures: activation.failures,
        interruptions: activation.interruptions,
    }
}

fn apply(activation: &mut Activation, now: Timestamp, command: &Command) -> Result<(), TransitionError> {
    let fence = |behind: u64| Fence(activation.fence.0.wrapping_sub(behind));
    match command {
        Command::Coalesce { stands_for, replace } => {
            activation.coalesce(Firing { stands_for: *stands_for, ..firing() }, *replace)
        }
        Command::Claim => activation.claim(&claim_at(now)).map(drop),
        Command::Renew { behind } => activation.renew(fence(*behind), now),
        Command::Complete { behind, after } => {
            activation.complete(fence(*behind), &Outcome::Interrupted, after, now)
        }
        Command::Interrupt => activation.interrupt().map(drop),
        Command::Withdraw => activation.withdraw(now),
    }
}

/// The arrows of the drawing.
fn drawn(from: &ActivationState, command: &Command, to: &ActivationState) -> bool {
    use ActivationState::{Ended, Pending, Running, Withdrawn};
    matches!(
        (from, command, to),
        (Pending, Command::Coalesce { .. }, Pending)
            | (Pending, Command::Claim, Running(_))
            | (Pending, Command::Withdraw, Withdrawn { .. })
            | (Running(_), Command::Renew { .. }, Running(_))
            | (Running(_), Command::Complete { after: After::End, .. }, Ended { .. })
            | (Running(_), Command::Complete { after: After::Retry { .. } | After::Again, .. }, Pending)
            | (Running(_), Command::Interrupt, Pending)
    )
}

proptest! {
    #[test]
    fn an_activation_moves_along_the_arrows_only(commands in commands()) {
        let mut activation = super::pending();
        for (now, command) in commands {
            let before = activation.clone();
            match apply(&mut activation, now, &command) {
                Ok(()) => prop_assert!(drawn(&before.state, &command, &activation.state), "{command:?}"),
                Err(_) => prop_assert_eq!(&activation, &before, "{:?} was refused and left a trace", command),
            }
        }
    }

    #[test]
    fn the_counts_are_those_of_the_commands_that_were_accepted(commands in commands()) {
        let mut activation = super::pending();
        let mut expected = counts(&activation);
        for (now, command) in commands {
            if apply(&mut activation, now, &command).is_ok() {
                match command {
                    Command::Coalesce { stands_for, .. } => expected.coalesced += stands_for.max(1),
                    Command::Claim => expected.claims += 1,
                    Command::Complete { after: After::Retry { .. }, .. } => expected.failures += 1,
                    Command::Complete { after: After::Again, .. } | Command::Interrupt => expected.interruptions += 1,
                    Command::Complete { after: After::End, .. } | Command::Renew { .. } | Command::Withdraw => {}
                }
            }
            prop_assert_eq!(&counts(&activation), &expected, "after {:?}", command);
            prop_assert_eq!(u64::from(activation.attempt()), expected.claims);
        }
    }

    #[test]
    fn a_fence_that_is_not_the_newest_is_always_refused(commands in commands()) {
        let mut activation = super::pending();
        for (now, command) in commands {
            let newest = activation.fence;
            let answer = apply(&mut activation, now, &command);
            if let Command::Renew { behind: 1.. } | Command::Complete { behind: 1.., .. } = command {
                let fenced = matches!(answer, Err(TransitionError::Fenced { newest: n, .. }) if n == newest);
                prop_assert!(fenced, "{command:?} answered {answer:?}");
            }
        }
    }

    #[test]
    fn two_claims_never_hold_at_once(commands in commands()) {
        let mut activation = super::pending();
        let mut held = false;
        for (now, command) in commands {
            let accepted = apply(&mut activation, now, &command).is_ok();
            match command {
                Command::Claim if accepted => prop_assert!(!std::mem::replace(&mut held, true)),
                Command::Complete { .. } | Command::Interrupt if accepted => held = false,
                _ => {}
            }
        }
    }

    #[test]
    fn no_run_starts_before_its_backoff_is_over(commands in commands()) {
        let mut activation = super::pending();
        for (now, command) in commands {
            // Unless the clock was set back behind its beginning.
            let not_before = if now < activation.backoff_since { now } else { activation.not_before };
            if apply(&mut activation, now, &command).is_ok() && matches!(command, Command::Claim) {
                prop_assert!(now >= not_before);
            }
        }
    }

    #[test]
    fn what_names_an_activation_never_changes(commands in commands()) {
        let made = super::pending();
        let mut activation = made.clone();
        for (now, command) in commands {
            // A refusal is as good as an acceptance here.
            let _ = apply(&mut activation, now, &command);
            let Activation { id, registration, app, key, fired_at, .. } = &activation;
            let names = (id, registration, app, key, fired_at);
            prop_assert_eq!(names, (&made.id, &made.registration, &made.app, &made.key, &made.fired_at));
        }
    }
}
