//! A store that answers and takes nothing is an ailment.

use dormouse::Ailment;
use dormouse_core::StoreError;
use dormouse_core::store::Fault;
use test_artifacts as programs;

use crate::health::{ailments, healthy};
use crate::lives::Lives;
use crate::{SECOND, ready};

fn full() -> Fault {
    Fault::Refused(StoreError::Full("the disk".to_owned()))
}

#[test]
fn a_store_that_takes_no_firing_is_told_until_it_takes_one() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_RETURNS_OK).await;
            healthy(rig).await.unwrap();
            lives.store.always("enqueue", full());
            rig.host.request(id, "").await.unwrap_err();
            let unhealthy = healthy(rig).await.unwrap_err();
            assert!(matches!(unhealthy.ailments[..], [Ailment::Unwritten { .. }]), "{unhealthy}");
            assert!(ailments(rig).await[0].contains("the disk"));
            lives.store.mend();
            rig.fire(id, "").await;
            healthy(rig).await.unwrap();
        },
    );
}

#[test]
fn leases_and_ends_that_are_not_written_are_told() {
    for command in ["renew", "finish"] {
        let lives = Lives::new();
        lives.life(
            |b| b,
            async |rig| {
                let id = ready(rig, programs::RUN_SLEEPS).await;
                rig.request(id, "12000").await;
                rig.started(id).await;
                lives.store.always(command, full());
                rig.advance(SECOND * 11).await;
                if command == "finish" {
                    healthy(rig).await.unwrap();
                    // Not as far as the next renewal, which is taken.
                    rig.advance(SECOND * 8).await;
                }
                let unhealthy = healthy(rig).await.unwrap_err();
                assert!(
                    matches!(unhealthy.ailments[..], [Ailment::Unwritten { .. }]),
                    "{command}: {unhealthy}"
                );
                lives.store.mend();
                rig.advance(SECOND * 30).await;
                healthy(rig).await.unwrap();
            },
        );
    }
}
