use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::testing::{MANIFEST, open, package, scratch};

fn app() -> AppId {
    AppId::new("org.example.feeds").unwrap()
}

/// A package of version 2, of other contents.
fn newer(repository: &Repository) -> Staged {
    let (_folder, dir) = package();
    dir.write("dormouse.toml", MANIFEST.replace("1.4.0", "2.0.0")).unwrap();
    repository.stage(Source::directory(dir)).unwrap()
}

fn install(repository: &Repository) -> Digest {
    let (_folder, dir) = package();
    let staged = repository.stage(Source::directory(dir)).unwrap();
    repository.commit(staged).unwrap().digest()
}

/// Everything in the repository, down to the folders of packages.
fn names(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for app in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        names.push(app.strip_prefix(root).unwrap().display().to_string());
        for package in std::fs::read_dir(&app).unwrap().map(|entry| entry.unwrap().path()) {
            names.push(package.strip_prefix(root).unwrap().display().to_string());
        }
    }
    names.sort();
    names
}

#[test]
fn what_is_committed_is_read_back_by_app_and_digest() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    assert_eq!(
        names(folder.path()),
        [".staging".to_owned(), app().to_string(), format!("{}/{digest}", app())]
    );
    // As the next process finds it.
    let repository = Repository::open(open(folder.path())).unwrap();
    let installed = repository.installed(&app(), &digest).unwrap().unwrap();
    assert_eq!(installed.manifest().version.to_string(), "1.4.0");
    assert_eq!(installed.component("refresh").unwrap(), b"a component");
    let error = installed.component("Refresh").unwrap_err();
    assert!(matches!(error, RepositoryError::NoEntryPoint { .. }), "{error}");
    assert!(repository.installed(&app(), &Digest::of(b"")).unwrap().is_none());
    assert!(repository.installed(&AppId::new("other").unwrap(), &digest).unwrap().is_none());
}

#[test]
fn the_component_of_an_app_is_read_back() {
    let (_folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let installed = repository.installed(&app(), &digest).unwrap().unwrap();
    assert_eq!(installed.app_component().unwrap(), None, "it has none");

    let (package, dir) = package();
    let named = format!("{MANIFEST}\n[app]\ncomponent = 'feeds.wasm'\n");
    dir.write("dormouse.toml", named).unwrap();
    let error = repository.stage(Source::directory(dir)).unwrap_err();
    assert!(error.to_string().contains("app.component: `feeds.wasm` is not in the package"), "{error}");

    let dir = open(package.path());
    dir.write("feeds.wasm", "the app").unwrap();
    let staged = repository.stage(Source::directory(dir)).unwrap();
    let installed = repository.commit(staged).unwrap();
    assert_eq!(installed.app_component().unwrap().as_deref(), Some(&b"the app"[..]));
    assert_eq!(installed.component("refresh").unwrap(), b"a component");
}

#[test]
fn a_repository_is_closed_to_others() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let package = folder.path().join(app().as_str()).join(digest.to_string());
    let folders = [folder.path().to_owned(), package.join("tasks"), package.clone()];
    for folder in folders {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&folder).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
    let file = std::fs::metadata(package.join("dormouse.toml")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file) & 0o777, 0o600);
}

#[test]
fn what_is_staged_and_dropped_is_gone() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let (_package, dir) = package();
    let staged = repository.stage(Source::directory(dir)).unwrap();
    assert_eq!(names(folder.path()), [".staging", ".staging/0"]);
    assert_eq!(staged.manifest().name, app());
    drop(staged);
    assert_eq!(names(folder.path()), [".staging"]);
}

#[test]
fn installing_again_keeps_what_is_there_and_mends_what_is_damaged() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let before = names(folder.path());
    assert_eq!(install(&repository), digest);
    assert_eq!(names(folder.path()), before);

    let component = folder.path().join(format!("{}/{digest}/tasks/refresh.wasm", app()));
    std::fs::write(&component, "A component").unwrap();
    let error = repository.installed(&app(), &digest).unwrap_err();
    assert!(matches!(error, RepositoryError::Damaged { .. }), "{error}");
    assert_eq!(install(&repository), digest);
    assert!(repository.installed(&app(), &digest).unwrap().is_some());
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_component_that_changes_under_the_host_is_not_run() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let installed = repository.installed(&app(), &digest).unwrap().unwrap();
    let component = folder.path().join(format!("{}/{digest}/tasks/refresh.wasm", app()));
    for changed in ["A component", "a component and more", "a"] {
        std::fs::write(&component, changed).unwrap();
        let error = installed.component("refresh").unwrap_err();
        assert!(matches!(error, RepositoryError::Damaged { .. }), "{changed}: {error}");
    }
    // Nor is a package that somebody added to.
    std::fs::write(&component, "a component").unwrap();
    assert!(installed.component("refresh").is_ok());
    std::fs::write(component.with_file_name("more"), "").unwrap();
    assert!(matches!(repository.installed(&app(), &digest), Err(RepositoryError::Damaged { .. })));
}

#[test]
fn a_removed_package_leaves_the_others() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let old = install(&repository);
    let new = repository.commit(newer(&repository)).unwrap().digest();
    assert!(repository.remove(&app(), &old).unwrap());
    assert!(!repository.remove(&app(), &old).unwrap());
    assert!(repository.installed(&app(), &old).unwrap().is_none());
    assert!(repository.installed(&app(), &new).unwrap().is_some());
    assert!(repository.remove(&app(), &new).unwrap());
    assert_eq!(names(folder.path()), [".staging"]);
}

#[test]
fn a_sweep_removes_packages_without_a_record_and_touches_nothing_else() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let old = install(&repository);
    let new = repository.commit(newer(&repository)).unwrap().digest();
    // What was never made here: should the wrong directory be given, nothing is lost.
    std::fs::create_dir_all(folder.path().join("documents/letters")).unwrap();
    std::fs::write(folder.path().join("notes"), "").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join(app().as_str()), &link).unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();

    assert_eq!(repository.sweep(&[(app(), new)]).unwrap(), [(app(), old)]);
    assert!(repository.installed(&app(), &new).unwrap().is_some());
    assert!(repository.installed(&app(), &old).unwrap().is_none());
    assert!(folder.path().join("documents/letters").exists());
    assert!(folder.path().join("notes").exists());
    assert!(link.is_symlink());

    assert_eq!(repository.sweep(&[]).unwrap(), [(app(), new)]);
    assert!(!folder.path().join(app().as_str()).exists());
    assert_eq!(repository.sweep(&[]).unwrap(), []);
}

#[test]
fn a_package_in_the_place_of_another_apps_is_not_that_app() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let other = AppId::new("other").unwrap();
    std::fs::rename(folder.path().join(app().as_str()), folder.path().join("other")).unwrap();
    let error = repository.installed(&other, &digest).unwrap_err();
    assert!(error.to_string().contains("(it is a package of `org.example.feeds`)"), "{error}");
}

#[test]
fn a_link_in_the_place_of_a_package_is_not_followed() {
    let (folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    let digest = install(&repository);
    let moved = folder.path().join("elsewhere");
    let place = folder.path().join(app().as_str()).join(digest.to_string());
    std::fs::rename(&place, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &place).unwrap();
    assert!(matches!(repository.installed(&app(), &digest), Err(RepositoryError::Disk { .. })));
}

#[test]
fn packages_are_committed_from_several_threads() {
    let (_folder, root) = scratch();
    let repository = Repository::open(root).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..4 {
                    let digest = install(&repository);
                    repository.remove(&app(), &digest).unwrap();
                }
            });
        }
    });
    let digest = install(&repository);
    assert!(repository.installed(&app(), &digest).unwrap().is_some());
}

/// Installs, installs a newer one, removes the old one; as the process that is ended on its way.
fn live(root: &Path) {
    let repository = Repository::open(open(root)).unwrap();
    let new = repository.commit(newer(&repository)).unwrap().digest();
    repository.sweep(&[(app(), new)]).unwrap();
}

#[test]
fn whenever_it_is_killed_the_old_or_the_new_package_is_there_whole() {
    const NAME: &str = "repository::tests::whenever_it_is_killed_the_old_or_the_new_package_is_there_whole";
    const ROOT: &str = "DORMOUSE_TEST_ROOT";
    if let Some(root) = std::env::var_os(ROOT) {
        live(&PathBuf::from(root));
        return;
    }
    let (_elsewhere, root) = scratch();
    let new = newer(&Repository::open(root).unwrap()).digest();
    for step in Step::ALL {
        let (folder, root) = scratch();
        let old = install(&Repository::open(root).unwrap());
        let end = Command::new(std::env::current_exe().unwrap())
            .args([NAME, "--exact", "--test-threads=1"])
            .env(ROOT, folder.path())
            .env(step::END_AT, format!("{step:?}"))
            .output()
            .unwrap();
        assert_eq!(end.status.code(), Some(86), "{step:?} was not reached: {end:?}");
        // The next process.
        let repository = Repository::open(open(folder.path())).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join(".staging")).unwrap().count(), 0, "{step:?}");
        let [has_old, has_new] =
            [old, new].map(|digest| repository.installed(&app(), &digest).unwrap().is_some());
        let expected = match step {
            Step::Begun | Step::Written | Step::Synced | Step::Folder => [true, false],
            Step::Renamed => [true, true],
            Step::Withdrawn => [false, true],
        };
        assert_eq!([has_old, has_new], expected, "{step:?}");
        // Whatever its record says, the next process ends what was begun.
        live(folder.path());
        let kept = format!("{}/{new}", app());
        assert_eq!(names(folder.path()), [".staging".to_owned(), app().to_string(), kept], "{step:?}");
    }
}
