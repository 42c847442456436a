//! Asks the host for what is small, without end, in the way that its arguments name.

use std::time::Duration;

use dormouse_guest::registration::{self, IfExists, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, no_such_attack, say};
use wasip2::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasip2::random::{insecure, insecure_seed, random};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match arguments(&instance)?.as_str() {
        // Each of these is a handle, and there are only so many.
        "timers" => {
            let mut held = Vec::new();
            loop {
                held.push(subscribe_duration(u64::MAX));
            }
        }
        "networks" => {
            let mut held = Vec::new();
            loop {
                held.push(instance_network());
            }
        }
        "streams" => {
            let mut held = Vec::new();
            loop {
                held.push(wasip2::cli::stdout::get_stdout());
            }
        }
        "fields" => {
            let mut held = Vec::new();
            loop {
                held.push(wasip2::http::types::Fields::new());
            }
        }
        "requests" => {
            let mut held = Vec::new();
            loop {
                held.push(wasip2::http::types::OutgoingRequest::new(wasip2::http::types::Fields::new()));
            }
        }
        // Each of these is a call of the host's that is under way.
        "sleeps" => {
            let instance = std::rc::Rc::new(instance);
            for _ in 0..100_000 {
                let instance = std::rc::Rc::clone(&instance);
                dormouse_guest::spawn(async move {
                    let _ = instance.sleep(Duration::from_secs(3_600)).await;
                });
            }
            std::future::pending::<()>().await;
        }
        // Beyond the end of time.
        "far" => {
            drop((subscribe_instant(0), subscribe_instant(now().wrapping_sub(1))));
            subscribe_instant(0).block();
            subscribe_instant(u64::MAX).block();
        }
        // These cost nothing but time.
        "random" => loop {
            random::get_random_bytes(64 * 1024);
        },
        "insecure" => loop {
            insecure::get_insecure_random_bytes(64 * 1024);
            insecure::get_insecure_random_u64();
            insecure_seed::insecure_seed();
        },
        "insecure-much" => {
            let bytes = insecure::get_insecure_random_bytes(1 << 30);
            return Err(TaskError::failed(format_args!("was given {} bytes", bytes.len())));
        }
        "clocks" => loop {
            subscribe_duration(1).block();
        },
        "questions" => loop {
            drop((
                instance.remaining(),
                instance.activation(),
                instance.trigger_details(),
                instance.work_cost(),
            ));
        },
        "deferrals" => loop {
            drop(instance.get_deferral()?);
        },
        "yields" => loop {
            let _ = instance.sleep(Duration::ZERO).await;
        },
        // These are told to the operator, each time.
        "denials" => {
            let network = instance_network();
            for n in 0..20_000 {
                assert!(resolve_addresses(&network, &format!("a{n}.example")).is_err());
            }
            say("contained");
        }
        "crumbs" => {
            let out = wasip2::cli::stdout::get_stdout();
            for _ in 0..20_000 {
                out.write(b"x")?;
            }
        }
        // This one is written down, each time.
        "registrations" => loop {
            let task = TaskBuilder::new("flood").entry_point("main").trigger(Trigger::signal("t"));
            let id = task.register(IfExists::AllowDuplicate)?.id;
            registration::unregister(&id, false)?;
        },
        other => return Err(no_such_attack(other)),
    }
    Ok(())
}

fn main() {}
