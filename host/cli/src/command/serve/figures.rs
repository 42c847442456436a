//! What is read of the host, its store, its webhooks and its control API, for whoever measures.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dormouse::core::app::lifecycle::AppState;
use dormouse::core::store::Totals;
use dormouse::{Host, HostStats};
use dormouse_control::server::{EventFeed, Server, ServerStats};
use dormouse_control::webhook::{Deliverer, WebhookStatus};
use dormouse_observe::Observed;
use dormouse_store_sqlite::{SqliteStore, Stats};

use super::beat::counted;

/// What has to be waited for, as it was when it was last asked; all else is read when it is wanted.
#[derive(Default)]
pub(super) struct Figures(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    totals: Totals,
    webhooks: Vec<WebhookStatus>,
}

impl Figures {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks again. What cannot be told stays as it was.
    pub(super) async fn refresh(&self, host: &Host, webhooks: &Deliverer) {
        if let Ok(totals) = host.store().totals().await {
            self.asked().totals = totals;
        }
        if let Ok(statuses) = webhooks.list().await {
            self.asked().webhooks = statuses;
        }
    }

    /// What goes on, in a few words.
    pub(super) fn told(&self) -> String {
        let Totals { running, waiting, dead_letters } = self.asked().totals;
        format!("{running} running, {waiting} waiting, {}", counted(dead_letters, "dead letter"))
    }

    /// All of it, as metrics.
    pub(super) fn observed(
        self: &Arc<Self>,
        host: &Host,
        store: Option<&Arc<SqliteStore>>,
        events: &EventFeed,
        server: &Server,
    ) -> Vec<Observed> {
        let mut all = of_host(host);
        all.extend(of_apps(host));
        let events = events.clone();
        let listening: Read = Box::new(move |now| now.put(wide(events.listening()), &[]));
        all.push(gauge(
            "dormouse.events.listening",
            "{stream}",
            "Streams of events that are read.",
            listening,
        ));
        all.extend(self.of_totals());
        all.extend(store.into_iter().flat_map(of_store));
        all.extend(self.of_webhooks());
        all.extend(of_server(server));
        all
    }

    fn of_totals(self: &Arc<Self>) -> Vec<Observed> {
        let gauge = |name, meaning, of: fn(&Totals) -> u64| {
            let figures = self.clone();
            Observed::gauge(name, "{activation}", meaning, move |now| {
                now.put(of(&figures.asked().totals), &[])
            })
        };
        vec![
            gauge("dormouse.activations.waiting", "Activations that wait.", |totals| totals.waiting),
            gauge("dormouse.activations.running", "Activations that run.", |totals| totals.running),
            gauge(
                "dormouse.dead_letters",
                "Activations that nobody got to succeed, and that were neither redriven nor discarded.",
                |totals| totals.dead_letters,
            ),
        ]
    }

    fn of_webhooks(self: &Arc<Self>) -> Vec<Observed> {
        let of = |make: fn(_, _, _, _) -> Observed, name, unit, meaning, of: fn(&WebhookStatus) -> u64| {
            let figures = self.clone();
            let read: Read = Box::new(move |now| {
                for status in &figures.asked().webhooks {
                    now.put(of(status), &[("webhook", &status.webhook.name)]);
                }
            });
            make(name, unit, meaning, read)
        };
        vec![
            of(counter, "dormouse.webhooks.delivered", "{message}", "Messages that a receiver took.", |s| {
                s.delivered
            }),
            of(counter, "dormouse.webhooks.attempts_failed", "{attempt}", "Attempts that failed.", |s| {
                s.failed_attempts
            }),
            of(counter, "dormouse.webhooks.given_up", "{message}", "Messages that were given up.", |s| {
                s.given_up
            }),
            of(
                gauge,
                "dormouse.webhooks.lag",
                "{completion}",
                "Completions behind the journal's end.",
                |s| s.lag,
            ),
            of(gauge, "dormouse.webhooks.failing", "{webhook}", "1 while a message is tried again.", |s| {
                u64::from(s.failing.is_some())
            }),
        ]
    }
}

type Read = Box<dyn Fn(&mut dormouse_observe::Readings<'_>) + Send + Sync>;

fn gauge(name: &'static str, unit: &'static str, meaning: &'static str, read: Read) -> Observed {
    Observed::gauge(name, unit, meaning, read)
}

fn counter(name: &'static str, unit: &'static str, meaning: &'static str, read: Read) -> Observed {
    Observed::counter(name, unit, meaning, read)
}

/// A look that several metrics are of: the first of them takes it, and the others are asked right after that.
struct Look<T> {
    take: Box<dyn Fn() -> T + Send + Sync>,
    taken: Mutex<Option<T>>,
}

impl<T> Look<T> {
    fn new(take: impl Fn() -> T + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { take: Box::new(take), taken: Mutex::default() })
    }

    /// Shows what was seen; `anew`, what is seen now.
    fn at<R>(&self, anew: bool, show: impl FnOnce(&T) -> R) -> R {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if anew {
            *taken = None;
        }
        show(taken.get_or_insert_with(&self.take))
    }
}

fn of_host(host: &Host) -> Vec<Observed> {
    type Of = fn(&HostStats) -> u64;
    let gauges: [(&'static str, &'static str, &'static str, Of); 13] = [
        ("dormouse.host.running", "{run}", "Runs that go on here.", |s| wide(s.running)),
        ("dormouse.host.paused", "{run}", "Of these, those that a quota holds.", |s| wide(s.paused)),
        ("dormouse.host.slots", "{slot}", "Runs that there may be at once.", |s| s.slots.into()),
        ("dormouse.host.slots_taken", "{slot}", "Slots that are taken.", |s| s.slots_taken.into()),
        ("dormouse.host.in_flight", "{run}", "Runs that go on or whose end is being written.", |s| {
            s.in_flight.into()
        }),
        ("dormouse.host.latched", "{activation}", "Activations that wait for conditions.", |s| {
            wide(s.latched)
        }),
        ("dormouse.host.apps", "{app}", "Apps that are installed.", |s| wide(s.apps)),
        ("dormouse.host.registrations", "{registration}", "Registrations.", |s| wide(s.registrations)),
        ("dormouse.host.quarantined", "{registration}", "Registrations in quarantine.", |s| {
            wide(s.quarantined)
        }),
        ("dormouse.engine.polled", "{run}", "Guests that are being polled now.", |s| wide(s.engine.polled)),
        ("dormouse.engine.instances", "{instance}", "Components that are instantiated.", |s| {
            s.engine.pools.map_or(0, |pools| pools.instances)
        }),
        ("dormouse.engine.memories", "{memory}", "Memories of the pool that are in use.", |s| {
            s.engine.pools.map_or(0, |pools| wide(pools.memories))
        }),
        ("dormouse.engine.resident", "By", "Memory that stays resident for the next run.", |s| {
            s.engine.pools.map_or(0, |pools| wide(pools.resident_bytes))
        }),
    ];
    let counters: [(&'static str, &'static str, &'static str, Of); 8] = [
        ("dormouse.leases.renewed", "{renewal}", "Times that leases were renewed, all together.", |s| {
            s.renewals
        }),
        ("dormouse.leases.renewals_failed", "{renewal}", "Times that they were not.", |s| s.renewals_failed),
        ("dormouse.runs.stale", "{run}", "Ends of runs that were refused for their old fence.", |s| {
            s.stale_ends
        }),
        ("dormouse.runs.reaped", "{run}", "Runs that were found cut off.", |s| s.reaped),
        ("dormouse.runs.pruned", "{run}", "Runs that were let go of.", |s| s.pruned_runs),
        ("dormouse.activations.pruned", "{activation}", "Activations that were let go of.", |s| {
            s.pruned_activations
        }),
        ("dormouse.prunes.failed", "{prune}", "Times that nothing was let go of: the store did not.", |s| {
            s.prunes_failed
        }),
        ("dormouse.engine.ticks", "{tick}", "How often running guests were interrupted.", |s| s.engine.ticks),
    ];
    let host = host.clone();
    let look = Look::new(move || host.stats());
    let mut anew = true;
    let mut read = |of: Of| -> Read {
        let (look, anew) = (look.clone(), mem::take(&mut anew));
        Box::new(move |now| look.at(anew, |stats| now.put(of(stats), &[])))
    };
    let gauges = gauges.map(|(name, unit, meaning, of)| gauge(name, unit, meaning, read(of)));
    let counters = counters.map(|(name, unit, meaning, of)| counter(name, unit, meaning, read(of)));
    gauges.into_iter().chain(counters).collect()
}

/// Apps that were launched.
struct Lives {
    /// How many are where in their lives.
    states: [(AppState, usize); 5],
    /// Bytes of memory that suspended ones hold.
    held: u64,
}

impl Lives {
    fn of(host: &Host) -> Self {
        let views = host.app_views();
        let all = |state| views.iter().filter(move |view| view.state == state);
        let states = [
            AppState::NotRunning,
            AppState::Background,
            AppState::Foreground,
            AppState::Suspending,
            AppState::Suspended,
        ];
        Self {
            states: states.map(|state| (state, all(state).count())),
            held: all(AppState::Suspended).map(|view| view.memory_bytes).sum(),
        }
    }
}

fn of_apps(host: &Host) -> [Observed; 2] {
    let host = host.clone();
    let look = Look::new(move || Lives::of(&host));
    let again = look.clone();
    let states: Read = Box::new(move |now| {
        look.at(true, |lives| {
            for (state, there) in lives.states {
                now.put(wide(there), &[("state", state.as_str())]);
            }
        });
    });
    let held: Read = Box::new(move |now| again.at(false, |lives| now.put(lives.held, &[])));
    [
        gauge("dormouse.apps", "{app}", "Apps that were launched, by where in their lives they are.", states),
        gauge("dormouse.app.suspended", "By", "Memory that suspended apps hold.", held),
    ]
}

fn of_store(store: &Arc<SqliteStore>) -> Vec<Observed> {
    let read = |of: fn(&SqliteStore) -> u64| -> Read {
        let store = store.clone();
        Box::new(move |now| now.put(of(&store), &[]))
    };
    let seconds = |of: fn(&Stats) -> Duration| -> Read {
        let store = store.clone();
        Box::new(move |now| now.put_f64(of(&store.stats()).as_secs_f64(), &[]))
    };
    let (commands, commits) = (read(|s| s.stats().commands), read(|s| s.stats().commits));
    let (batch, database, log) =
        (read(|s| s.stats().largest_batch), read(SqliteStore::database_len), read(SqliteStore::wal_len));
    let (time, time_max) = (seconds(|s| s.commit_time), seconds(|s| s.commit_time_max));
    vec![
        counter("dormouse.store.commands", "{command}", "Commands that write.", commands),
        counter("dormouse.store.commits", "{commit}", "Transactions that they were committed in.", commits),
        gauge("dormouse.store.batch_max", "{command}", "The most commands in one of them.", batch),
        counter("dormouse.store.commit_time", "s", "Time spent on all of them.", time),
        gauge("dormouse.store.commit_time_max", "s", "Time spent on the one that took longest.", time_max),
        gauge("dormouse.store.database", "By", "The length of the database.", database),
        gauge("dormouse.store.log", "By", "The length of its log: the most that it held.", log),
    ]
}

fn of_server(server: &Server) -> Vec<Observed> {
    let read = |of: fn(&ServerStats) -> u64| -> Read {
        let server = server.clone();
        Box::new(move |now| now.put(of(&server.stats()), &[]))
    };
    let (connections, streams, uploads) =
        (read(|s| wide(s.connections)), read(|s| wide(s.streams)), read(|s| wide(s.uploads)));
    let (accepted, turned_away) = (read(|s| s.connections_accepted), read(|s| s.connections_turned_away));
    let streams_turned_away = read(|s| s.streams_turned_away);
    let answering = server.clone();
    let answers: Read = Box::new(move |now| {
        let answered = answering.stats().answered;
        let classes =
            [("2xx", answered.success), ("4xx", answered.client_error), ("5xx", answered.server_error)];
        for (status, count) in classes {
            now.put(count, &[("status", status)]);
        }
    });
    vec![
        gauge("dormouse.control.connections", "{connection}", "Connections that are open.", connections),
        counter(
            "dormouse.control.connections_accepted",
            "{connection}",
            "Connections that were taken in.",
            accepted,
        ),
        counter(
            "dormouse.control.connections_turned_away",
            "{connection}",
            "Connections that were not: as many were open as may be.",
            turned_away,
        ),
        gauge("dormouse.control.streams", "{stream}", "Streams that are open.", streams),
        counter(
            "dormouse.control.streams_turned_away",
            "{stream}",
            "Streams that were not begun: as many were open as may be.",
            streams_turned_away,
        ),
        counter("dormouse.control.answers", "{answer}", "Requests that were answered.", answers),
        gauge(
            "dormouse.control.uploads",
            "{package}",
            "Packages that come in, or wait to be installed.",
            uploads,
        ),
    ]
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_look_is_taken_once_for_all_metrics_that_are_of_it_and_at_each_scrape() {
        let looks = AtomicU32::new(0);
        let look = Look::new(move || looks.fetch_add(1, Ordering::Relaxed));
        let scrape = || [true, false, false].map(|anew| look.at(anew, |seen| *seen));
        assert_eq!((scrape(), scrape()), ([0; 3], [1; 3]));
    }
}
