//! Uses as much of one thing as its arguments say, `WHAT AMOUNT`, and succeeds if it was given all of it: `wall`, `cpu` and
//! `grace` in milliseconds, `memory`, `output`, `hostcall`, `random` and `http-fields` in bytes, `compute`, `deferrals`, `handles`,
//! `header-sets` (of 50,000 bytes), `progress` and `stack` in pieces. `grace`, `idle` and `blocked` wait for their
//! cancellation: `grace` then goes on for that long, and `blocked` waits for WASI meanwhile; `now-and-then` waits for both.
//! `unregister` has itself cancelled, and `behind` ends, and each then uses so many milliseconds of CPU time.

use std::hint::black_box;
use std::pin::pin;
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError, registration};
use futures::future::{join, select};
use test_programs::{arguments, compute, say};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::types::Fields;
use wasip2::random::random::get_random_bytes;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let arguments = arguments(&instance)?;
    let (what, amount) = arguments.split_once(' ').ok_or_else(|| TaskError::failed("WHAT AMOUNT"))?;
    let amount: usize = amount.parse()?;
    let span = Duration::from_millis(amount as u64);
    match what {
        "wall" => {
            let told = instance.sleep(span).await;
            return told.map_or(Ok(()), |told| Err(TaskError::failed(told)));
        }
        "deferred" => {
            let deferral = instance.get_deferral()?;
            let _ = instance.sleep(span).await;
            deferral.complete();
        }
        "compute" => (0..amount).for_each(|_| compute()),
        "cpu" => use_cpu(&instance, span),
        "grace" => {
            instance.canceled().await;
            use_cpu(&instance, span);
        }
        "unregister" => {
            registration::unregister(&instance.activation().registration_id, true)?;
            use_cpu(&instance, span);
        }
        "behind" => {
            let deferral = instance.get_deferral()?;
            dormouse_guest::spawn(async move {
                // By then `run` has returned, and this is the last that holds the run open.
                let _ = instance.sleep(Duration::from_millis(1)).await;
                deferral.complete();
                use_cpu(&instance, span);
            });
        }
        "idle" => drop(instance.canceled().await),
        "blocked" => {
            // Both at once: one of the contract's, and a call of WASI that holds up all else.
            #[expect(clippy::disallowed_methods, reason = "a guest has no other clock than WASI's")]
            let blocks = async { std::thread::sleep(span) };
            join(instance.canceled(), blocks).await;
        }
        "now-and-then" => {
            let steps = async {
                for _ in 0..5 {
                    let _ = instance.sleep(span / 5).await;
                }
            };
            let canceled = pin!(instance.canceled());
            select(canceled, pin!(steps)).await;
        }
        "memory" => {
            let mut block: Vec<u8> = Vec::new();
            block.try_reserve_exact(amount)?;
            say(block.capacity());
        }
        "deferrals" => {
            let held = (0..amount).map(|_| instance.get_deferral()).collect::<Result<Vec<_>, _>>()?;
            drop(held);
        }
        "output" => say("x".repeat(amount)),
        // The longest thing that goes out in one call.
        "hostcall" => return Err(TaskError::failed("x".repeat(amount))),
        "random" => assert_eq!(get_random_bytes(amount as u64).len(), amount),
        "handles" => drop((0..amount).map(|_| subscribe_duration(1)).collect::<Vec<_>>()),
        "http-fields" => drop(fields(amount)?),
        "header-sets" => {
            let held = (0..amount).map(|_| fields(50_000)).collect::<Result<Vec<_>, _>>();
            if let Err(error) = held {
                // What it had is dropped.
                fields(50_000)?;
                return Err(error);
            }
        }
        "progress" => {
            for step in 0..amount {
                instance.set_progress(u32::try_from(step)?);
                let _ = instance.sleep(Duration::from_millis(10)).await;
            }
        }
        "stack" => say(descend(black_box(1), amount as u64)),
        _ => return Err(TaskError::failed("there is nothing of that name")),
    }
    Ok(())
}

/// A set of this many bytes.
fn fields(len: usize) -> Result<Fields, TaskError> {
    let fields = Fields::new();
    fields.append("x-long", &vec![b'x'; len]).map_err(|error| TaskError::failed(format!("{error:?}")))?;
    Ok(fields)
}

/// Computes until its budget is less by `span`, whatever it is told.
fn use_cpu(instance: &BackgroundTaskInstance, span: Duration) {
    let before = instance.remaining().cpu;
    while before.saturating_sub(instance.remaining().cpu) < span {
        compute();
    }
}

/// No tail call, no sum that an optimiser makes a loop of, and nothing that needs an address.
#[inline(never)]
fn descend(depth: u64, bottom: u64) -> u64 {
    if depth == bottom { depth } else { descend(depth + 1, bottom).wrapping_mul(depth | 1) ^ depth }
}

fn main() {}
