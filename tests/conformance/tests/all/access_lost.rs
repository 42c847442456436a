//! A decision that had no answer did not happen, whatever the store made of it.

use dormouse::AccessStatus;
use dormouse::testing::Rig;
use dormouse_core::StoreError;
use dormouse_core::store::{AppStore, Fault};

use crate::lives::Lives;

fn lost() -> Fault {
    Fault::AnswerLost(StoreError::Unavailable("no answer".to_owned()))
}

#[test]
fn a_decision_whose_answer_was_lost_is_undone() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let kept = async || {
                let apps = lives.store.apps().await.unwrap();
                apps.into_iter().map(|record| record.access).collect::<Vec<_>>()
            };
            lives.store.at("save_app", 1, lost());
            rig.host.set_access(&Rig::app(), AccessStatus::DeniedByUser).await.unwrap_err();
            rig.settle().await;
            assert_eq!(kept().await, [], "there was no record");
            let before = AccessStatus::AlwaysAllowed;
            rig.host.set_access(&Rig::app(), before).await.unwrap();
            lives.store.at("save_app", 3, lost());
            rig.host.set_access(&Rig::app(), AccessStatus::DeniedByUser).await.unwrap_err();
            rig.settle().await;
            assert_eq!((kept().await, rig.host.access_status(&Rig::app())), (vec![before], before));
        },
    );
}
