use dormouse_core::AppId;

use super::*;

#[test]
fn what_went_wrong_keeps_its_code_however_deep_it_lies() {
    let full = || StoreError::Full("no room".to_owned());
    for problem in [
        Problem::from(full()),
        HostError::Store(full()).into(),
        FireError::Store(full()).into(),
        InstallError::Store(full()).into(),
        SubscribeError::Store(full()).into(),
        WebhookError::Store(full()).into(),
    ] {
        assert_eq!(problem.code, Code::StoreFull, "{problem:?}");
        assert!(problem.help.as_deref().is_some_and(|help| help.contains("free some space")));
    }
}

#[test]
fn a_registration_that_is_not_valid_names_its_field() {
    let problem = Problem::from(HostError::Registration(RegistrationError::TooManyConditions { len: 17 }));
    assert_eq!((problem.code, problem.field.as_deref()), (Code::InvalidRegistration, Some("conditions")));
    let app = AppId::new("a").unwrap();
    let problem = Problem::from(HostError::Registration(RegistrationError::AppNotInstalled { app }));
    assert_eq!(problem.code, Code::NotInstalled);
}

#[test]
fn whatever_is_wrong_with_a_webhook_or_its_like_is_said_with_what_to_do() {
    use dormouse_core::Cursor;

    for problem in [
        Problem::from(WebhookError::Name("a/b".to_owned())),
        WebhookError::Url(crate::webhook::UrlError::TooLong(9_999)).into(),
        WebhookError::Secret.into(),
        WebhookError::TooMany.into(),
        WebhookError::NotFound("a".to_owned()).into(),
        WebhookError::NotUndelivered { webhook: "a".to_owned(), cursor: Cursor(1) }.into(),
        FireError::Key { len: 999 }.into(),
        SubscribeError::Name { len: 0 }.into(),
        no("webhook", "a"),
        no("subscriber", "a"),
        no("undelivered completion", 7),
    ] {
        assert!(problem.help.is_some(), "{problem:?}");
    }
}

#[test]
fn a_refusal_says_which_in_a_word_and_in_a_sentence() {
    let problem = Problem::from(Refusal::CurrentlyRunning);
    assert_eq!(problem.reason.as_deref(), Some("currently-running"));
    assert!(problem.detail.contains("it is running"), "{problem}");
    assert_eq!(Problem::from(Refusal::NotRegistered).code, Code::NotFound);
}

#[test]
fn who_may_come_again_is_told_when() {
    let response = Problem::new(Code::Busy, "as many streams as may be").into_response();
    assert_eq!(response.headers()[RETRY_AFTER], "1");
    assert_eq!(response.status(), 503);
    let response = Problem::new(Code::Unauthorized, "no token").into_response();
    assert!(response.headers().contains_key(WWW_AUTHENTICATE));
}
