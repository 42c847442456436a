//! Packages, on a host that only answers questions.

use super::*;

#[test]
fn a_host_that_only_looks_says_what_is_there_and_touches_no_file() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
    });
    // Whoever opens the repository to change it empties this.
    machine.packages.create_dir(".staging/0").unwrap();
    machine.look(async |rig| {
        let [package] = &rig.host.packages()[..] else { panic!() };
        assert!(package.loaded, "its files are there");
        let explanation = rig.host.explain(the_one(rig)).await.unwrap().unwrap();
        assert_eq!(explanation.access, Some(AccessStatus::AllowedSubjectToPolicy), "it is installed");
        let install = rig.host.install_package(simple("2.0.0").source(), consent()).await;
        assert!(matches!(install, Err(InstallError::ReadOnly)));
        let update = rig.host.update_package(simple("2.0.0").source(), consent()).await;
        assert!(matches!(update, Err(InstallError::ReadOnly)));
        assert!(matches!(rig.host.uninstall_package(&app()).await, Err(InstallError::ReadOnly)));
    });
    assert!(machine.packages.is_dir(".staging/0"));
    machine.packages.remove_dir(".staging/0").unwrap();

    let [kept] = &machine.kept()[..] else { panic!() };
    machine.packages.remove_dir_all(kept).unwrap();
    machine.look(async |rig| assert!(!rig.host.packages()[0].loaded, "its files are gone"));
}

impl Machine {
    fn look<R>(&self, test: impl AsyncFnOnce(&Rig) -> R) -> R {
        let configure = |builder: HostBuilder| {
            let folders = self.folders.try_clone().unwrap();
            builder.app_folders(folders).packages(self.config()).read_only()
        };
        Rig::run_on(self.store.clone(), self.clock.clone(), configure, test)
    }
}
