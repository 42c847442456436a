//! Those who fire.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dormouse_e2e::{Daemon, Signal, Value, dormouse, json_lines};
use serde_json::json;

use crate::auditor::Told;
use crate::host::Host;

/// How many fire at once.
const CLIENTS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Load {
    ids: Mutex<Vec<String>>,
    accepted: Mutex<BTreeSet<String>>,
    /// Firings that had no answer: whoever made them makes them again, under the same key.
    unanswered: Mutex<Vec<(usize, String)>>,
    next: AtomicU64,
}

/// The registrations that are fired, by turns.
const FIRED: [&str; 3] = ["work", "work", "fails"];

impl Load {
    /// Latches an activation, for all the lives to come; answers it.
    pub(crate) fn latch(&self, state: &Path) -> String {
        let listed = dormouse(["list", "--json", "--state", state.to_str().unwrap()]).expect_code(0);
        let listed = json_lines(&listed.stdout);
        let id = |name: &str| {
            let found = listed.iter().find(|registration| registration["name"] == name);
            found.unwrap_or_else(|| panic!("no {name} in {listed:?}"))["id"].as_str().unwrap().to_owned()
        };
        *self.ids.lock().unwrap() = FIRED.map(id).to_vec();
        let daemon = Daemon::start(state, ["--quiet"]);
        let fired = daemon.post(&format!("/v1/registrations/{}/fire", id("latched")), &json!({})).expect(202);
        daemon.signal(Signal::TERM);
        drop(daemon.finish().expect_code(143));
        fired.json()["activation"].as_str().unwrap().to_owned()
    }

    fn fire(&self, host: &Host, of: usize, key: String) -> bool {
        let id = self.ids.lock().unwrap()[of].clone();
        let answer = host.post(&format!("/v1/registrations/{id}/fire"), &json!({ "key": key }));
        match answer {
            Some(answer) if answer.status == 202 => {
                let activation = answer.json()["activation"].as_str().unwrap().to_owned();
                self.accepted.lock().unwrap().insert(activation);
                true
            }
            // The queue is full: nothing was promised.
            Some(answer) if answer.json()["code"] == "refused" => true,
            Some(answer) => panic!("{answer:?}"),
            None => {
                self.unanswered.lock().unwrap().push((of, key));
                false
            }
        }
    }

    /// Fires until the host is dead, and sees to it that it is once `bound` more firings were accepted; `beside` is done
    /// at the same time. A bound that is small is only reached, and kills nobody.
    pub(crate) fn run(&self, host: &Host, bound: u64, beside: impl Fn() + Sync) {
        let left_in_peace = bound == 1;
        let begun = self.accepted.lock().unwrap().len() as u64;
        let dead = AtomicBool::new(false);
        let unanswered = std::mem::take(&mut *self.unanswered.lock().unwrap());
        std::thread::scope(|scope| {
            if !left_in_peace {
                scope.spawn(&beside);
            }
            let (this, dead) = (&self, &dead);
            for (of, key) in unanswered {
                if !this.fire(host, of, key) {
                    dead.store(true, Ordering::Relaxed);
                }
            }
            for _ in 0..CLIENTS {
                scope.spawn(move || {
                    while !dead.load(Ordering::Relaxed) {
                        let n = this.next.fetch_add(1, Ordering::Relaxed);
                        let of = usize::try_from(n).unwrap() % FIRED.len();
                        let lives = this.fire(host, of, format!("firing {n}"));
                        let enough =
                            this.accepted.lock().unwrap().len() as u64 >= begun.saturating_add(bound);
                        if enough && !left_in_peace {
                            host.kill_now();
                        }
                        if enough || !lives {
                            dead.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
    }

    /// Waits until everything that was accepted has ended.
    pub(crate) fn wait_for_all(&self, host: &Host) {
        for activation in &*self.accepted.lock().unwrap() {
            let path = format!("/v1/activations/{activation}/completion?wait_ms=60000");
            let answer = host.get(&path).expect("it lives");
            // One that retention let go of has ended, and was told of: the books say so.
            assert!([200, 404].contains(&answer.status), "{activation}: {answer:?}");
        }
    }

    pub(crate) fn tell(&self, told: &mut Told) {
        told.accepted.extend(self.accepted.lock().unwrap().iter().cloned());
    }
}

/// The text of a field.
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}
