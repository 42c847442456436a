//! A package that goes while an app of its name comes.

use dormouse::testing::Rig;
use dormouse::{App, IfExists, QuotaPolicy};
use test_artifacts as programs;

use super::{Machine, Package, app, consent};
use crate::{SECOND, application, component};

/// Its run ends with its grace, and not before.
fn stubborn() -> Package {
    Package::new("1.0.0")
        .entry_point("main", programs::CANCEL_IGNORED, "\"application\"")
        .with("[[registrations]]\nname = \"stays\"\nentry-point = \"main\"\ntrigger = { application = true }")
}

async fn used(rig: &Rig) -> std::time::Duration {
    let quota = rig.host.quota(&app()).expect("it has a quota");
    quota.policy.cpu() - quota.left
}

#[test]
fn an_app_that_is_installed_while_a_package_of_its_name_goes_is_charged() {
    Machine::new().run(async |rig| {
        let installed = rig.host.install_package(stubborn().source(), consent()).await.unwrap();
        rig.request(installed.registered[0], "").await;
        rig.started(installed.registered[0]).await;
        let host = rig.host.clone();
        let going = tokio::spawn(async move { host.uninstall_package(&app()).await });
        rig.settle().await;
        let uses = rig.component(&component(programs::LIMIT_USES));
        let quota = QuotaPolicy::new(SECOND * 20, SECOND * 3600).unwrap();
        rig.host.install(App::new(app()).entry_point("main", uses).quota(quota)).unwrap();
        assert_eq!(rig.host.running().len(), 1, "it has its grace");
        rig.advance(SECOND * 60).await;
        going.await.unwrap().unwrap();

        let id = rig.host.register(&app(), application(), IfExists::Error).await.unwrap().id;
        let completion = rig.fire(id, "cpu 300").await;
        assert_eq!(used(rig).await, completion.run.receipt.cpu);
        assert!(!completion.run.receipt.cpu.is_zero());
    });
}
