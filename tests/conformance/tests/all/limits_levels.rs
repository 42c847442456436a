//! Three levels set limits: the registration, its app and the host; none goes beyond the host's maximum.

use dormouse::testing::Rig;
use dormouse::{App, Class, HostError, IfExists, Limits, LimitsRequest, Outcome, StartError};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, application, component};

fn wall(secs: u32) -> LimitsRequest {
    LimitsRequest { wall: Some(SECOND * secs), ..LimitsRequest::default() }
}

/// After how many seconds a run is cancelled that sleeps for an hour.
fn ends_after(host: LimitsRequest, app: LimitsRequest, registration: LimitsRequest) -> u64 {
    Rig::run_with(
        |builder| builder.limits_default(host),
        async |rig| {
            let component = rig.component(&component(programs::LIMIT_USES));
            rig.host.install(App::new(Rig::app()).entry_point("main", component).limits(app)).unwrap();
            let id = rig.register(application().limits(registration)).await;
            let completion = rig.fire(id, "wall 3600000").await;
            assert!(matches!(completion.run.outcome, Outcome::Canceled { .. }), "{}", completion.run.outcome);
            completion.run.receipt.wall.as_secs()
        },
    )
}

#[test]
fn the_nearest_level_that_names_a_figure_decides() {
    let open = LimitsRequest::default;
    assert_eq!(ends_after(open(), open(), open()), 600, "the class of its trigger");
    assert_eq!(ends_after(wall(3), open(), open()), 3);
    assert_eq!(ends_after(wall(3), wall(4), open()), 4);
    assert_eq!(ends_after(wall(3), wall(4), wall(5)), 5);
    let class = LimitsRequest { class: Some(Class::Maintenance), ..LimitsRequest::default() };
    assert_eq!(ends_after(open(), class.clone(), open()), 1800, "a class is named like a figure");
    assert_eq!(ends_after(open(), wall(4), class), 4, "and any figure is before the class");
}

#[test]
fn no_level_goes_beyond_the_hosts_maximum() {
    let max = || Limits { wall: SECOND * 10, ..Limits::host_max() };
    Rig::run_with(
        |builder| builder.limits_max(max()),
        async |rig| {
            let component = rig.component(&component(programs::LIMIT_USES));
            let app = App::new(Rig::app()).entry_point("main", component);
            let refused = rig.host.install(app.clone().limits(wall(11))).unwrap_err();
            assert!(matches!(&refused, HostError::Limits(_)), "{refused}");
            rig.host.install(app).unwrap();
            let refused =
                rig.host.register(&Rig::app(), application().limits(wall(11)), IfExists::Error).await;
            let HostError::Registration(refused) = refused.unwrap_err() else {
                panic!("it is of the registration")
            };
            let cause = std::error::Error::source(&refused).unwrap().to_string();
            assert_eq!(cause, "limit `wall` asks for 11s, above the host's maximum of 10s");
            // A class is cut.
            let id = rig.register(application()).await;
            let completion = rig.fire(id, "wall 3600000").await;
            assert_eq!(completion.run.receipt.wall, SECOND * 10);
        },
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused =
        runtime.block_on(dormouse::Host::builder().limits_max(max()).limits_default(wall(11)).start());
    assert!(matches!(refused, Err(StartError::Limits(_))));
}

#[test]
fn what_was_granted_by_an_earlier_maximum_is_cut_to_the_present_one() {
    let lives = Lives::new();
    let id = lives.life(
        |b| b,
        async |rig| {
            rig.install(&component(programs::LIMIT_USES));
            rig.register(application().limits(wall(100))).await
        },
    );
    let max = Limits { wall: SECOND * 10, ..Limits::host_max() };
    lives.life(
        |builder| builder.limits_max(max),
        async |rig| {
            rig.install(&component(programs::LIMIT_USES));
            let completion = rig.fire(id, "wall 3600000").await;
            assert_eq!(completion.run.receipt.wall, SECOND * 10);
        },
    );
}
