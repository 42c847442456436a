//! What a list says of registrations: what comes of each, and what goes on of it.

use dormouse::{Outlook, Overlap, RegistrationId, TaskBuilder, TimeTrigger, Trigger};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, application, component};

#[test]
fn what_comes_of_many_and_goes_on_of_them_is_asked_of_the_store_once() {
    let lives = Lives::new();
    lives.life(
        |builder| builder,
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let busy = rig.register(application().overlap(Overlap::Queue { max: 9 })).await;
            rig.request(busy, "60000").await;
            rig.started(busy).await;
            rig.request(busy, "1").await;
            rig.request(busy, "1").await;
            let timed = TaskBuilder::new("timed").entry_point("main");
            let timed = rig.register(timed.trigger(Trigger::Time(TimeTrigger::periodic(SECOND * 60)))).await;
            rig.settle().await;

            let nobody = RegistrationId::from_uuid(uuid::Uuid::nil());
            let before = lives.store.calls().len();
            let all = rig.host.outlooks(&[timed, nobody, busy]).await.unwrap();
            assert_eq!(lives.store.calls()[before..], ["counts_of"]);
            let [comes, nothing, goes_on] = &all[..] else { panic!("{all:#?}") };
            assert_eq!((comes.waiting, comes.running, comes.quarantined), (0, 0, None));
            assert!(comes.next.is_some_and(|next| next > rig.now()), "{comes:?}");
            assert_eq!(comes.next, rig.host.explain(timed).await.unwrap().unwrap().next);
            assert_eq!((goes_on.waiting, goes_on.running, goes_on.next), (2, 1, None));
            assert_eq!(*nothing, Outlook::default());
        },
    );
}
