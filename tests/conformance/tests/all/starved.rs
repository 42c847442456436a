//! What waits behind much that may not start is found, however busy the host is.

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{AccessStatus, AppId, Condition, Overlap};
use test_artifacts as programs;

use crate::{application, component};

#[test]
fn what_lies_behind_much_that_is_latched_is_found_under_constant_wake_ups() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let task = application().condition(Condition::UserPresent).overlap(Overlap::Parallel { max: 10_000 });
        let flood = rig.register(task).await;
        // More than the dispatcher looks at for one wake-up.
        for _ in 0..3000 {
            rig.request(flood, "").await;
        }
        let quiet = AppId::new("quiet").unwrap();
        let task = rig.component(&component(programs::RUN_RETURNS_OK));
        let made = {
            // It waits: nothing of it can run before it is installed.
            let installed = dormouse::App::new(quiet.clone()).entry_point("main", task);
            rig.host.install(installed).unwrap();
            let task = application().condition(Condition::InternetAvailable);
            rig.host.register(&quiet, task, dormouse::IfExists::Error).await.unwrap()
        };
        rig.request(made.id, "").await;
        rig.settle().await;
        let other = AppId::new("other").unwrap();
        let wake = async |n: u32| {
            let access =
                if n.is_multiple_of(2) { AccessStatus::AlwaysAllowed } else { AccessStatus::DeniedByUser };
            rig.host.set_access(&other, access).await.unwrap();
            rig.advance(Duration::from_millis(10)).await;
        };
        for n in 0..10 {
            wake(n).await;
        }
        assert_eq!(rig.outcomes(), [], "it is latched");
        rig.conditions.set(&Condition::InternetAvailable, dormouse::Holds::Met);
        for n in 0..50 {
            wake(n).await;
        }
        assert_eq!(rig.outcomes().len(), 1);
    });
}
