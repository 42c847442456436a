//! Packages: installed, agreed to, refused, removed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use dormouse_e2e::{Daemon, Ended, Package, Signal, dormouse, json_lines};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tempfile::TempDir;
use test_artifacts as programs;

const ASKS: &str = "[capabilities]\nnetwork = [\"api.example.org:443\"]\nenv = [\"TOKEN\"]\n\
                    [capabilities.directories]\n\"/pictures\" = \"read-only\"\n";

const HOURLY: &str =
    "[[registrations]]\nname = \"hourly\"\nentry-point = \"main\"\ntrigger = { every = \"1h\" }\n";

fn state() -> TempDir {
    dormouse_e2e::state_dir()
}

fn with(state: &TempDir, args: &[&str]) -> Ended {
    dormouse(args.iter().copied().chain(["--state", state.path().to_str().unwrap()]))
}

#[track_caller]
fn nothing_is_installed(state: &TempDir) {
    with(state, &["apps"]).expect_code(0).expect_stdout("no packages are installed");
    let packages = state.path().join("packages");
    // What is wrong with a package by itself is seen before anything is made.
    let Ok(left) = fs::read_dir(&packages) else { return };
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".staging"]);
    assert_eq!(fs::read_dir(packages.join(".staging")).unwrap().count(), 0);
}

#[test]
fn a_directory_is_installed_listed_and_removed_with_its_local_folder() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", HOURLY);
    with(&state, &["install", package.arg()])
        .expect_code(0)
        .expect_stdout("installed org.example.nest 1.0.0")
        .expect_stdout("registered   \"hourly\"");
    let listed = with(&state, &["apps"]).expect_code(0);
    assert!(listed.stdout.contains("org.example.nest"), "{}", listed.stdout);
    let listed = json_lines(&with(&state, &["apps", "--json"]).expect_code(0).stdout);
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["version"], &listed[0]["registrations"]), (&"1.0.0".into(), &1.into()));
    assert_eq!(listed[0]["loaded"], true);
    assert_eq!(listed[0]["access"], "allowed-subject-to-policy");

    with(&state, &["install", package.arg()]).expect_code(2).expect_error("is installed already");
    let local = state.path().join("apps/org.example.nest/local");
    assert!(local.is_dir());
    with(&state, &["uninstall", "org.example.nest"]).expect_code(2).expect_error("nobody agreed");
    assert!(local.is_dir());
    with(&state, &["uninstall", "org.example.nest", "--yes"]).expect_code(0);
    assert!(!local.exists() && !state.path().join("apps/org.example.nest").exists());
    nothing_is_installed(&state);
    with(&state, &["registrations"]).expect_code(0).expect_stdout("nothing is registered");
    with(&state, &["uninstall", "org.example.nest", "--yes"]).expect_code(2).expect_error("no package");
}

#[test]
fn what_a_package_asks_for_is_shown_and_nothing_is_installed_before_somebody_agrees() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", ASKS);
    let refused = with(&state, &["install", package.arg()])
        .expect_code(2)
        .expect_error("org.example.nest 1.0.0 asks for");
    for line in
        ["+ network api.example.org:443", "+ env TOKEN", "+ directory /pictures read-only", "--consent"]
    {
        assert!(refused.stderr.contains(line), "no {line:?} in {}", refused.stderr);
    }
    nothing_is_installed(&state);
    let refused = with(&state, &["install", package.arg(), "--json"]).expect_code(2);
    let said = json_lines(&refused.stdout);
    assert_eq!(said.last().unwrap()["event"], "consent-needed");
    assert_eq!(said.last().unwrap()["asks"][0], "network api.example.org:443");

    let pictures = tempfile::tempdir().unwrap();
    let place = format!("/pictures={}", pictures.path().display());
    with(&state, &["install", package.arg(), "--consent", "--dir", &place])
        .expect_code(0)
        .expect_stdout("not granted  variable TOKEN");
    let listed = json_lines(&with(&state, &["apps", "--json"]).stdout);
    let granted = &listed[0]["granted"];
    assert_eq!(granted["network"][0], "api.example.org:443");
    assert_eq!(granted["directories"]["/pictures"]["path"], pictures.path().to_str().unwrap());
}

const KEEPS: &str =
    "[app-limits]\nfolder-bytes = \"1GiB\"\nsettings = 7\n[quota]\ncpu = \"2s\"\nwindow = \"15m\"\n";

#[test]
fn what_an_app_keeps_and_spends_is_agreed_to_and_shown() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", KEEPS);
    let refused = with(&state, &["install", package.arg()]).expect_code(2).expect_error("asks for");
    assert!(refused.stderr.contains("+ keep folder-bytes 1GiB"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("settings"), "less than any app has: {}", refused.stderr);
    nothing_is_installed(&state);
    with(&state, &["install", package.arg(), "--consent"])
        .expect_code(0)
        .expect_stdout("quota        2.0s of 2.0s each 15m 0s left, set by the app");
    fs::write(state.path().join("apps/org.example.nest/local/nut"), "nut").unwrap();
    with(&state, &["show", "org.example.nest"])
        .expect_code(0)
        .expect_stdout("org.example.nest 1.0.0")
        .expect_stdout("3 B of 1.0 GiB, 1 of 10000 entries")
        .expect_stdout("0 of 7, 0 B of 16.0 MiB");
    let shown = json_lines(&with(&state, &["show", "org.example.nest", "--json"]).expect_code(0).stdout);
    let usage = &shown[0]["usage"];
    assert_eq!((&usage["quota"]["set_by"], &usage["limits"]["settings"]), (&"app".into(), &7.into()));
    assert_eq!((&usage["folders"]["bytes"], &usage["runs"]), (&3.into(), &0.into()));
    with(&state, &["quota"]).expect_code(0).expect_stdout("15m 0s");
}

#[test]
fn a_host_installs_nothing_that_asks_for_more_than_it_allows() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", KEEPS);
    for (flag, value, said) in [
        ("--quota-default", "1s/15m", "looser than the host's 1s/15m"),
        ("--app-limit-max", "folder-bytes=1MiB", "`folder-bytes` asks for 1GiB"),
    ] {
        let daemon = Daemon::start(state.path(), [flag, value]);
        with(&state, &["install", package.arg(), "--consent"])
            .expect_code(4)
            .expect_error("")
            .expect_stderr(said);
        with(&state, &["apps"]).expect_code(0).expect_stdout("no packages are installed");
        daemon.signal(Signal::TERM);
        daemon.finish().expect_code(143);
    }
}

#[test]
fn an_operator_decides_how_much_an_app_keeps_and_takes_it_back() {
    let state = state();
    let app = "org.example.nest";
    with(&state, &["app-limits", app, "--set", "settings=3"])
        .expect_code(0)
        .expect_stdout("by the operator")
        .expect_stdout("is not installed: what is decided holds once it is");
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", KEEPS);
    with(&state, &["install", package.arg(), "--consent"]).expect_code(0);
    let keeps = |args: &[&str]| {
        let args: Vec<_> = ["app-limits", app, "--json"].iter().chain(args).copied().collect();
        json_lines(&with(&state, &args).expect_code(0).stdout).remove(0)
    };
    let known = keeps(&[]);
    assert_eq!((&known["decided"], &known["limits"]["settings"]), (&json!({ "settings": 3 }), &3.into()));
    assert_eq!(known["limits"]["folder_bytes"], 1 << 30);
    let known = keeps(&["--set", "folder-bytes=1MiB,settings=4"]);
    assert_eq!(known["decided"], json!({ "settings": 4, "folder_bytes": 1 << 20 }));
    let known = keeps(&["--unset"]);
    assert_eq!((&known["decided"], &known["limits"]["settings"]), (&json!({}), &7.into()));
    with(&state, &["app-limits", app, "--set", "folder-bytes=1TiB"])
        .expect_code(2)
        .expect_error("not within the host's maximum")
        .expect_stderr("asks for 1024GiB, above the host's maximum of 64GiB");
    with(&state, &["app-limits", app, "--set", "folders=1"])
        .expect_code(2)
        .expect_error("there is no app limit");
}

#[test]
fn only_what_is_asked_for_can_be_given() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    with(&state, &["install", package.arg(), "--dir", "/etc=/etc"]).expect_code(2).expect_error("/etc");
    with(&state, &["install", package.arg(), "--env", "TOKEN=x"]).expect_code(2).expect_error("TOKEN");
    with(&state, &["install", package.arg(), "--env", "DORMOUSE_E2E_NOT_SET"])
        .expect_code(2)
        .expect_error("write --env DORMOUSE_E2E_NOT_SET=VALUE");
    nothing_is_installed(&state);
}

#[test]
fn an_archive_is_the_same_each_time_and_held_against_its_checksum() {
    let state = state();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = package.pack(one.path());
    let again = package.pack(two.path());
    assert_eq!(fs::read(&archive).unwrap(), fs::read(&again).unwrap());
    let checksum = fs::read_to_string(one.path().join("nest.tar.gz.sha256")).unwrap();
    let (digest, name) = checksum.trim_end().split_once("  ").unwrap();
    assert_eq!(name, "nest.tar.gz");

    let path = archive.to_str().unwrap();
    let other = "0".repeat(64);
    with(&state, &["install", path, "--sha256", &other])
        .expect_code(4)
        .expect_error("the package cannot be used");
    nothing_is_installed(&state);
    with(&state, &["install", package.arg(), "--sha256", digest])
        .expect_code(4)
        .expect_stderr("leave --sha256 out");

    let mut damaged = fs::read(&archive).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&archive, &damaged).unwrap();
    with(&state, &["install", path]).expect_code(4);
    nothing_is_installed(&state);
    with(&state, &["install", again.to_str().unwrap(), "--sha256", digest]).expect_code(0);
}

#[test]
fn what_is_no_package_is_refused_and_says_what_to_do() {
    let state = state();
    with(&state, &["install", "no/such"]).expect_code(4).expect_error("the package cannot be used");
    let empty = tempfile::tempdir().unwrap();
    with(&state, &["install", empty.path().to_str().unwrap()])
        .expect_code(4)
        .expect_stderr("no dormouse.toml");
    let package = Package::new(
        "1.0.0",
        programs::RUN_NO_DETAILS,
        "",
        "[[registrations]]\nname = \"x\"\n\
        entry-point = \"main\"\ntrigger = { system = \"SmsReceived\" }\n",
    );
    with(&state, &["install", package.arg()])
        .expect_code(4)
        .expect_error("dormouse.toml:")
        .expect_stderr("UWP's SmsReceived is not seen by this version");
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    fs::write(package.path().join("task.wasm"), b"buy nuts").unwrap();
    with(&state, &["install", package.arg()])
        .expect_code(4)
        .expect_error("entry point \"main\" cannot be used");
    nothing_is_installed(&state);
}

/// A `.tar.gz` with one file of this name, which no tool would write.
fn hostile(dir: &Path, name: &str, kind: tar::EntryType) -> std::path::PathBuf {
    let path = dir.join("hostile.tar.gz");
    let mut gzip = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_link_name("/etc/passwd").unwrap();
    let body: &[u8] = if kind.is_file() { b"evil" } else { b"" };
    header.set_size(body.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    gzip.write_all(header.as_bytes()).unwrap();
    let mut block = [0; 512];
    block[..body.len()].copy_from_slice(body);
    if !body.is_empty() {
        gzip.write_all(&block).unwrap();
    }
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap();
    path
}

#[test]
fn a_hostile_archive_is_refused_and_leaves_nothing_behind() {
    let state = state();
    let dir = tempfile::tempdir().unwrap();
    for (name, kind) in [
        ("../../evil", tar::EntryType::Regular),
        ("/tmp/dormouse-e2e-evil", tar::EntryType::Regular),
        ("link", tar::EntryType::Symlink),
        ("link", tar::EntryType::Link),
        ("device", tar::EntryType::Char),
    ] {
        let archive = hostile(dir.path(), name, kind);
        with(&state, &["install", archive.to_str().unwrap(), "--consent"])
            .expect_code(4)
            .expect_error("the package cannot be used");
        assert!(!state.path().join("evil").exists() && !Path::new("/tmp/dormouse-e2e-evil").exists());
        nothing_is_installed(&state);
    }
}

#[test]
fn without_a_flag_the_state_is_in_the_users_own_place_and_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    let mut install = dormouse_e2e::command(["install", package.arg()]);
    install.env("XDG_STATE_HOME", home.path());
    dormouse_e2e::ended(install).expect_code(0);
    let state = home.path().join("dormouse");
    for dir in [&state, &state.join("apps"), &state.join("packages"), &state.join("cache")] {
        assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700, "{}", dir.display());
    }
    let mut list = dormouse_e2e::command(["apps"]);
    list.env("DORMOUSE_STATE", &state);
    dormouse_e2e::ended(list).expect_code(0).expect_stdout("org.example.nest");
}
