//! What an app may keep in its folders: bytes and entries, refused before they are written.

use cap_tempfile::{TempDir, ambient_authority};
use dormouse::testing::Rig;
use dormouse::{Access, App, AppLimits, AppLimitsRequest, Completion, EventKind, Grants, HostError, Outcome};
use test_artifacts as programs;

use crate::{application, component};

const BYTES: u64 = 100_000;
const ENTRIES: u64 = 12;

/// Runs a program with what its app asks to keep; answers its completion, its output and what it was denied.
fn keeping(path: &str, limits: AppLimitsRequest, arguments: u64) -> (Completion, String, Vec<String>) {
    let folders = temp();
    let max = AppLimits { folder_bytes: 1 << 50, ..AppLimits::HOST_MAX };
    Rig::run_with(
        |builder| builder.app_folders(folders.try_clone().unwrap()).app_limits_max(max),
        async |rig| {
            let main = rig.component(&component(path));
            rig.host.install(App::new(Rig::app()).entry_point("main", main).app_limits(limits)).unwrap();
            let id = rig.register(application()).await;
            let completion = rig.fire(id, arguments.to_string()).await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
            let denied = rig.events.events().into_iter().filter_map(|event| match event.kind {
                EventKind::Denied { what, .. } => Some(what),
                _ => None,
            });
            (completion, rig.stdout(), denied.collect())
        },
    )
}

fn temp() -> TempDir {
    TempDir::new(ambient_authority()).unwrap()
}

/// Each line of the output: what was tried, and whether it was refused for want of space.
fn tried(stdout: &str) -> Vec<(&str, bool)> {
    let lines = stdout.lines().map(|line| line.split_once(' ').unwrap());
    lines
        .map(|(what, said)| (what, said.to_lowercase().replace('-', "").contains("insufficientspace")))
        .collect()
}

/// Runs it with the limits, which refuse all that it tries, and without, where nothing is refused.
fn refused_and_lifted(path: &str, limits: AppLimitsRequest, arguments: u64, tries: u32, reached: &str) {
    let (completion, stdout, denied) = keeping(path, limits, arguments);
    let all = tried(&stdout);
    assert!(all.iter().all(|(_, refused)| *refused), "{stdout}");
    assert_eq!((all.len(), completion.run.receipt.denials), (tries as usize, tries), "{stdout}{denied:?}");
    assert_eq!(denied[0], format!("keep {reached}"));

    let lifted = AppLimitsRequest { folder_bytes: Some(1 << 50), ..AppLimitsRequest::none() };
    let (completion, stdout, denied) = keeping(path, lifted, arguments);
    assert!(tried(&stdout).iter().all(|(_, refused)| !refused), "{stdout}");
    assert_eq!(completion.run.receipt.denials, 0, "{denied:?}");
}

#[test]
pub(crate) fn folder_bytes() {
    let limits = AppLimitsRequest { folder_bytes: Some(BYTES), ..AppLimitsRequest::none() };
    refused_and_lifted(programs::FOLDER_BYTES, limits, BYTES, 8, "folder-bytes");
}

#[test]
pub(crate) fn folder_entries() {
    let limits = AppLimitsRequest { folder_entries: Some(ENTRIES), ..AppLimitsRequest::none() };
    refused_and_lifted(programs::FOLDER_ENTRIES, limits, ENTRIES, 5, "folder-entries");
}

#[test]
pub(crate) fn folder_bytes_p3() {
    let limits =
        AppLimitsRequest { folder_bytes: Some(BYTES), folder_entries: Some(2), ..AppLimitsRequest::none() };
    refused_and_lifted(programs::FOLDER_BYTES_P3, limits, BYTES, 7, "folder-bytes");
}

#[test]
pub(crate) fn folder_apart() {
    let (folders, data) = (temp(), temp());
    let limits = AppLimitsRequest { folder_bytes: Some(1000), ..AppLimitsRequest::none() };
    Rig::run_with(
        |builder| builder.app_folders(folders.try_clone().unwrap()).app_limits_default(limits),
        async |rig| {
            let granted =
                Grants::none().with_directory(data.try_clone().unwrap(), "/data", Access::ReadWrite);
            rig.install_with(&component(programs::FOLDER_APART), granted.unwrap());
            let id = rig.register(application()).await;
            let completion = rig.fire(id, "").await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
        },
    );
}

#[test]
fn folders_that_are_full_stay_full_for_the_next_run_and_the_next_host() {
    let folders = temp();
    // What is there counts, whoever put it there.
    folders.create_dir_all("test/local").unwrap();
    folders.write("test/local/full", vec![0; BYTES as usize]).unwrap();
    let limits = AppLimitsRequest { folder_bytes: Some(BYTES), ..AppLimitsRequest::none() };
    let runs = || {
        Rig::run_with(
            |builder| builder.app_folders(folders.try_clone().unwrap()).app_limits_default(limits),
            async |rig| {
                let id = crate::ready(rig, programs::FOLDER_BYTES).await;
                let mut outcomes = Vec::new();
                for _ in 0..2 {
                    outcomes.push(rig.fire(id, BYTES.to_string()).await.run.outcome.clone());
                }
                outcomes
            },
        )
    };
    for outcome in runs().into_iter().chain(runs()) {
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert!(failure.message.contains("insufficient-space"), "{}", failure.message);
    }
    folders.remove_file("test/local/full").unwrap();
    assert_eq!(runs(), [Outcome::Succeeded, Outcome::Succeeded]);
}

#[test]
fn an_app_that_asks_for_more_than_the_host_allows_is_not_installed() {
    let max = AppLimits { folder_bytes: 10, ..AppLimits::HOST_MAX };
    Rig::run_with(
        |builder| builder.app_limits_max(max),
        async |rig| {
            let asked = AppLimitsRequest { folder_bytes: Some(11), ..AppLimitsRequest::none() };
            let app = App::new(Rig::app()).app_limits(asked);
            let refused = rig.host.install(app.clone());
            assert!(matches!(refused, Err(HostError::AppLimits(_))), "{refused:?}");
            let asked = AppLimitsRequest { folder_bytes: Some(10), ..AppLimitsRequest::none() };
            rig.host.install(app.app_limits(asked)).unwrap();
        },
    );
}
