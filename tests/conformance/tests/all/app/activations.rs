//! What an app is activated for arrives as it was sent.

use dormouse::{AppError, Launch};
use dormouse_core::Message;
use dormouse_core::app::activation::{AppActivation, Item};
use futures::future::{join_all, poll_immediate};

use super::rows::{everything, seen, timer};

#[test]
fn an_app_that_is_there_is_launched_again_for_its_arguments() {
    everything(async |life| {
        let _lease = seen(&life).await;
        let mark = life.mark();
        let launch = Launch { arguments: "again".to_owned() };
        let _other = life.handle.launch(launch).await.unwrap();
        assert_eq!(life.heard(mark), ["launched previous=running prelaunch=false arguments=\"again\""]);
    });
}

#[test]
fn each_kind_of_activation_arrives_with_what_comes_with_it() {
    let text = |text: &str| text.to_owned();
    let item = Item { name: text("n"), content_type: text("text/plain"), body: b"b".to_vec() };
    let message = Message { topic: text("t"), content_type: text("text/plain"), body: b"m".to_vec() };
    let line = AppActivation::CommandLine { arguments: vec![text("-x"), text("y")], directory: text("/d") };
    let kinds = [
        (AppActivation::File { paths: vec![text("/a"), text("/b")] }, r#"kind=file paths=["/a", "/b"]"#),
        (AppActivation::Protocol { uri: text("note:1") }, r#"kind=protocol uri="note:1""#),
        (AppActivation::Share { items: vec![item] }, r#"kind=share items=[("n", "text/plain", "b")]"#),
        (timer(), r#"kind=timer name="tea""#),
        (AppActivation::Message { message }, r#"kind=message topic="t" content-type="text/plain" body="m""#),
        (line, r#"kind=command-line arguments=["-x", "y"] directory="/d""#),
        (AppActivation::Custom { name: text("c"), body: b"b".to_vec() }, r#"kind=custom name="c" body="b""#),
    ];
    everything(async |life| {
        life.handle.activate_hidden(AppActivation::launch()).await.unwrap();
        for (activation, heard) in kinds {
            let mark = life.mark();
            life.handle.activate_hidden(activation).await.unwrap();
            assert_eq!(life.heard(mark), [format!("activated previous=running {heard}")]);
        }
    });
}

#[test]
fn sixteen_activations_wait_for_an_app_and_no_more() {
    everything(async |life| {
        let ask = || life.handle.activate_hidden(timer());
        let mut waiting = std::pin::pin!(join_all((0..16).map(|_| ask())));
        assert!(poll_immediate(&mut waiting).await.is_none());
        let refused = ask().await;
        assert!(matches!(refused, Err(AppError::Busy { max: 16, .. })), "{refused:?}");
        assert!(waiting.await.into_iter().all(|answer| answer.is_ok()));
        ask().await.unwrap();
    });
}
