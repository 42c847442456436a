//! What timers cost: a wake-up when one is due, and a look at those that are.

use super::*;

#[test]
fn a_wake_up_looks_at_what_is_due_and_at_nothing_else() {
    Rig::run_with(
        |b| b.registrations_per_app(2_000),
        async |rig| {
            install(rig);
            for _ in 0..1_000 {
                rig.register(task(every(HOUR))).await;
            }
            for _ in 0..10 {
                rig.register(task(every(MINUTE))).await;
            }
            rig.settle().await;
            assert_eq!(rig.timers_looked_at(), 0, "registering is no reason to look");
            for n in 1..=3 {
                let wakes = rig.timer_wakes();
                rig.advance(MINUTE).await;
                assert_eq!((rig.timers_looked_at(), rig.timer_wakes() - wakes), (n * 10, 1));
            }
        },
    );
}

#[test]
fn nobody_wakes_while_nothing_is_due() {
    Rig::run(async |rig| {
        install(rig);
        rig.register(task(every(DAY * 3))).await;
        rig.settle().await;
        let wakes = rig.timer_wakes();
        rig.advance(DAY * 2).await;
        assert_eq!(rig.timer_wakes(), wakes);
        rig.advance(DAY).await;
        assert_eq!((rig.timer_wakes() - wakes, rig.outcomes().len()), (1, 1));
    });
}

#[test]
fn a_schedule_follows_what_becomes_of_its_registration() {
    Rig::run(async |rig| {
        install(rig);
        let app = Rig::app();
        let replace = async |trigger| {
            let made = rig.host.register(&app, task(trigger), IfExists::ReplaceIfDifferent).await;
            made.unwrap().id
        };
        let id = replace(every(HOUR)).await;
        assert_eq!(replace(every(MINUTE)).await, id);
        rig.advance(MINUTE).await;
        assert_eq!(rig.timers_looked_at(), 1, "the new period");
        assert_eq!(replace(every(HOUR * 2)).await, id);
        rig.advance(HOUR).await;
        assert_eq!(rig.timers_looked_at(), 1, "the old periods are forgotten");
        assert!(rig.host.unregister(id, false).await.unwrap());
        rig.advance(HOUR * 5).await;
        assert_eq!((rig.timers_looked_at(), rig.outcomes().len()), (1, 1));
    });
}

#[test]
fn an_app_that_is_installed_late_catches_up() {
    let machine = Machine::new(TimerProfile::DEFAULT);
    machine.host(0, async |rig| {
        install(rig);
        rig.register(task(every(MINUTE))).await;
    });
    machine.host(1 << 64, async |rig| {
        rig.advance(MINUTE * 5).await;
        assert_eq!((rig.timers_looked_at(), rig.outcomes().len()), (0, 0));
        let wakes = rig.timer_wakes();
        rig.advance(MINUTE * 5).await;
        assert_eq!(rig.timer_wakes(), wakes, "nobody wakes for an app that is not there");
        install(rig);
        rig.settle().await;
        assert_eq!(crate::only(&rig.log(the_only(rig)), &["fired"]), ["fired x10"]);
    });
}
