//! What retention took was perhaps not accepted: it is told as lost (UWP-054).

use std::time::Duration;

use dormouse::{HostBuilder, Retention};

use super::{change, install, ready, task, told};
use crate::lives::Lives;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn kept_an_hour(builder: HostBuilder) -> HostBuilder {
    builder.retention(Some(Retention { age: HOUR, runs: 1_000, unread_age: HOUR, every: HOUR / 2 }))
}

/// What is told first after a restart, if retention took these runs and left those.
fn after_restart(taken: &'static [&'static str], left: &'static [&'static str]) -> Vec<String> {
    let lives = Lives::new();
    let id = lives.life(kept_an_hour, async |rig| {
        let id = ready(rig, task("/data")).await;
        for name in taken {
            change(rig, id, &[*name]).await;
        }
        rig.advance(HOUR * 3).await;
        for name in left {
            change(rig, id, &[*name]).await;
        }
        id
    });
    lives.life(kept_an_hour, async |rig| {
        install(rig);
        change(rig, id, &["a"]).await;
        change(rig, id, &["b"]).await;
        told(rig)
    })
}

#[test]
fn what_was_not_accepted_and_is_gone_is_told_as_lost() {
    assert_eq!(after_restart(&["fail-1"], &[]), ["ChangesLost ", "b"]);
    assert_eq!(after_restart(&["fail-1"], &["fail-2"]), ["ChangesLost ", "b"]);
}

#[test]
fn what_was_accepted_since_is_told_no_more() {
    assert_eq!(after_restart(&["fail-1"], &["c"]), ["a", "b"]);
    assert_eq!(after_restart(&[], &["fail-2"]), ["fail-2, a", "b"], "nothing is gone");
}
