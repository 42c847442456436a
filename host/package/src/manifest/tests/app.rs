//! What an app keeps and spends, as its manifest says.

use dormouse_core::AppLimits;

use super::*;

/// A manifest of few words, and `more`.
fn plain(more: &str) -> String {
    format!("{}{more}\n", crate::testing::MANIFEST)
}

#[test]
fn without_a_word_nothing_is_asked_for() {
    let manifest = parse(&plain(""));
    assert_eq!((manifest.app_limits, manifest.quota), (AppLimitsRequest::none(), None));
}

#[test]
fn each_app_limit_has_its_key_and_zero_is_one() {
    for key in AppLimitsRequest::KEYS {
        let manifest = parse(&plain(&format!("[app-limits]\n{key} = 0")));
        assert!(manifest.app_limits.asked().eq([(*key, 0)]), "{key}");
    }
}

#[test]
fn what_is_wrong_with_a_quota_or_an_app_limit_is_told_with_its_key() {
    for (more, key, said) in [
        ("[app-limits]\nfolders = 3", "app-limits.folders", "there is no app limit \"folders\"; there are"),
        (
            "[app-limits]\nfolder-bytes = '-1'",
            "app-limits.folder-bytes",
            "write a number, like 10000 or 64MiB",
        ),
        ("[app-limits]\nsettings = 1.5", "app-limits.settings", "or a whole number"),
        ("[quota]\ncpu = '2s'", "quota", "missing field `window`"),
        ("[quota]\ncpu = '2s'\nwindow = '15m'\nburst = '1s'", "quota.burst", "unknown field `burst`"),
        ("[quota]\ncpu = '0s'\nwindow = '15m'", "quota.cpu", "no span of time"),
        ("[quota]\ncpu = '2'\nwindow = '15m'", "quota.cpu", "no span of time"),
        ("[quota]\ncpu = '2s'\nwindow = '101d'", "quota.window", "no span of time"),
        ("[quota]\ncpu = '2401h'\nwindow = '1h'", "quota.cpu", "is not between a microsecond and 100 days"),
        (
            "[quota]\ncpu = '2s'\nwindow = '2401h'",
            "quota.window",
            "is not between a microsecond and 100 days",
        ),
    ] {
        let error = error(&plain(more));
        assert!(error.contains(&format!(" {key}: ")) && error.contains(said), "{error}");
    }
}

#[test]
fn to_keep_more_than_any_app_may_is_asked_for() {
    let given = AppLimits { folder_bytes: 1 << 20, settings: 100, ..AppLimits::DEFAULT };
    let keeps = |text: &str| parse(&plain(&format!("[app-limits]\n{text}")));
    let asks = |newer: &Manifest, older: Option<&Manifest>| newer.difference(older, &given).to_string();
    let much = keeps("folder-bytes = '2MiB'\nsettings = 2048\nfolder-entries = 5");
    assert_eq!(asks(&much, None), "+ keep folder-bytes 2MiB\n+ keep settings 2048");
    let usual = keeps("folder-bytes = '1MiB'\nsettings = 100");
    assert_eq!(asks(&usual, None), "");
    // What was agreed to is not asked for again, and less needs nobody.
    assert_eq!((asks(&much, Some(&much)), asks(&usual, Some(&much))), (String::new(), String::new()));
    let more = keeps("folder-bytes = '3MiB'\nsettings = 2048");
    assert_eq!(asks(&more, Some(&much)), "+ keep folder-bytes 3MiB");
    assert_eq!(asks(&much, Some(&keeps("settings = 2"))), "+ keep folder-bytes 2MiB\n+ keep settings 2048");
}

#[test]
fn what_it_keeps_is_asked_for_beside_all_else_and_a_quota_is_not() {
    let whole = parse(WHOLE).difference(None, &AppLimits::DEFAULT).to_string();
    assert!(
        whole.starts_with("+ network ") && whole.ends_with("\n+ class long\n+ keep folder-bytes 256MiB"),
        "{whole}"
    );
}
