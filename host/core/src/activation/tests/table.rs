//! Every command in every state.

use super::super::*;
use super::{at, claim_at, ended, firing, pending, running, withdrawn};

/// What becomes of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Becomes {
    Pending,
    Running,
    Ended,
    Withdrawn,
    WrongState,
    Fenced,
    TooEarly,
}

type Command = fn(&mut Activation) -> Result<(), TransitionError>;

/// With the newest fence, whatever that is.
fn complete(activation: &mut Activation, after: &After) -> Result<(), TransitionError> {
    activation.complete(activation.fence, &Outcome::Succeeded, after, at(30))
}

fn stale(activation: &Activation) -> Fence {
    Fence(activation.fence.0.wrapping_sub(1))
}

#[test]
fn each_command_in_each_state_moves_along_the_drawing_or_is_refused_and_changes_nothing() {
    use Becomes::{Ended, Fenced, Pending, Running, TooEarly, Withdrawn, WrongState as Wrong};
    #[rustfmt::skip]
    let table: [(&str, Command, [Becomes; 4]); 13] = [
        //                                                         pending    running  ended   withdrawn
        ("coalesce", |a| a.coalesce(firing(), false),             [Pending,   Wrong,   Wrong,  Wrong]),
        ("replace",  |a| a.coalesce(firing(), true),              [Pending,   Wrong,   Wrong,  Wrong]),
        ("claim",    |a| a.claim(&claim_at(at(20))).map(drop),    [Running,   Wrong,   Wrong,  Wrong]),
        ("claim early", |a| a.claim(&claim_at(at(0))).map(drop),  [TooEarly,  Wrong,   Wrong,  Wrong]),
        ("renew",    |a| a.renew(a.fence, at(90)),                [Wrong,     Running, Wrong,  Wrong]),
        ("renew, stale", |a| a.renew(stale(a), at(90)),           [Fenced,    Fenced,  Fenced, Fenced]),
        ("end",      |a| complete(a, &After::End),                [Wrong,     Ended,   Wrong,  Wrong]),
        ("retry",    |a| complete(a, &After::Retry { not_before: at(60) }),
                                                                  [Wrong,     Pending, Wrong,  Wrong]),
        ("again",    |a| complete(a, &After::Again),              [Wrong,     Pending, Wrong,  Wrong]),
        ("end, stale", |a| a.complete(stale(a), &Outcome::Succeeded, &After::End, at(30)),
                                                                  [Fenced,    Fenced,  Fenced, Fenced]),
        ("end, from the future", |a| a.complete(Fence(9), &Outcome::Succeeded, &After::End, at(30)),
                                                                  [Fenced,    Fenced,  Fenced, Fenced]),
        ("interrupt", |a| a.interrupt().map(drop),                [Wrong,     Pending, Wrong,  Wrong]),
        ("withdraw", |a| a.withdraw(at(30)),                      [Withdrawn, Wrong,   Wrong,  Wrong]),
    ];
    for (name, command, expected) in table {
        let in_backoff = Activation { not_before: at(10), ..pending() };
        let states = [in_backoff, running(), ended(), withdrawn()];
        for (before, expected) in states.into_iter().zip(expected) {
            let mut after = before.clone();
            let answer = command(&mut after);
            let became = match &answer {
                Err(TransitionError::WrongState { .. }) => Wrong,
                Err(TransitionError::Fenced { .. }) => Fenced,
                Err(TransitionError::TooEarly { .. }) => TooEarly,
                Ok(()) => match after.state {
                    ActivationState::Pending => Pending,
                    ActivationState::Running(_) => Running,
                    ActivationState::Ended { .. } => Ended,
                    ActivationState::Withdrawn { .. } => Withdrawn,
                },
            };
            assert_eq!(became, expected, "{name} while {}", before.state.as_str());
            if answer.is_err() {
                assert_eq!(after, before, "{name} while {} left a trace", before.state.as_str());
            }
        }
    }
}

#[test]
fn the_moment_of_the_end_is_kept() {
    assert_eq!(ended().state, ActivationState::Ended { outcome: Outcome::Succeeded, at: at(20) });
    assert_eq!(withdrawn().state, ActivationState::Withdrawn { at: at(20) });
}
