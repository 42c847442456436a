//! What is no host, or does not behave like one.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Response;
use dormouse_control::api::Code;
use dormouse_control::client::{
    ANSWER_LEN_MAX, Client, ClientError, CompletionsQuery, EVENT_LEN_MAX, Endpoint, EventsQuery,
};
use dormouse_control::server::Token;
use dormouse_core::Secret;
use futures::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Handle;

use crate::eventually::eventually;
use crate::{Asked, each};

/// Answers everything with this.
fn answering(body: impl Fn() -> Body + Clone + Send + Sync + 'static) -> Client {
    let answer = async move || Response::new(body());
    Client::in_process(Router::new().fallback(answer))
}

fn endless(chunk: &'static [u8]) -> Body {
    Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(Bytes::from_static(chunk))))
}

#[tokio::test]
async fn where_nobody_listens_no_host_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dormouse.sock");
    let client = Client::connect(Endpoint::Unix(path.clone()));
    assert!(client.ping().await.unwrap().is_none(), "no file");
    let error = client.host().await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error:?}");
    assert!(error.to_string().contains("dormouse.sock"), "{error}");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    assert!(client.ping().await.unwrap().is_none(), "what a process left that fell");

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(Client::connect(Endpoint::Tcp(free.to_string())).ping().await.unwrap().is_none());
}

#[test]
fn without_the_token_nobody_is_let_in() {
    each(async |Asked { client, .. }| {
        let Ok(endpoint) = client.at().parse::<Endpoint>() else { return };
        let Endpoint::Tcp(_) = endpoint else { return };
        let other = Secret::new(Token::make().unwrap());
        for stranger in
            [Client::connect(endpoint.clone()), Client::connect(endpoint).with_token(&other).unwrap()]
        {
            match stranger.ping().await.unwrap_err() {
                ClientError::Problem(problem) => assert_eq!(problem.code, Code::Unauthorized),
                error => panic!("{error:?}"),
            }
        }
    });
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let client = answering(|| endless(&[b' '; 65_536]));
    let error = client.host().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { max: ANSWER_LEN_MAX, .. }), "{error:?}");
}

#[tokio::test]
async fn an_event_without_end_is_not_read_to_its_end() {
    let client = answering(|| endless(b"data: and more\n"));
    let mut events = std::pin::pin!(client.events(&EventsQuery::default()).await.unwrap());
    let error = events.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { max: EVENT_LEN_MAX, .. }), "{error:?}");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn what_is_not_understood_is_shown_and_obeyed_by_no_terminal() {
    let client = answering(|| Body::from("<html>\x1b[2J"));
    let error = client.host().await.unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
    assert!(error.to_string().contains("<html>\\u{1b}[2J"), "{error}");

    let client = answering(|| Body::from("event: completion\ndata: {}\n\n"));
    let mut events = std::pin::pin!(client.completions(&CompletionsQuery::default()).await.unwrap());
    let error = events.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn an_event_of_a_newer_host_is_passed_over() {
    let client =
        answering(|| Body::from("event: newer\ndata: 1\n\nevent: missed\ndata: {\"from\":1,\"to\":2}\n\n"));
    let mut events = std::pin::pin!(client.completions(&CompletionsQuery::default()).await.unwrap());
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event.cursor(), None, "of those in between some may follow");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_byte_order_mark_is_not_understood_and_no_panic() {
    let whole: &[u8] = b"\xef\xbb\xbfevent: missed\ndata: {\"from\":1,\"to\":2}\n\n";
    for pieces in [vec![whole], vec![&b"\xef"[..], b"\xbb\xbf", b"\n\n"]] {
        let client = answering(move || {
            Body::from_stream(stream::iter(pieces.clone().into_iter().map(Ok::<_, Infallible>)))
        });
        let mut events = std::pin::pin!(client.completions(&CompletionsQuery::default()).await.unwrap());
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_cannot_be_reached() {
    for said in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::Tcp(listener.local_addr().unwrap().to_string());
        Handle::current().spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(said.as_bytes()).await;
        });
        let error = Client::connect(endpoint).host().await.unwrap_err();
        assert!(matches!(error, ClientError::Unreachable { .. }), "{said:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_refused() {
    let client = Client::connect(Endpoint::Tcp("127.0.0.1:1".to_owned()));
    assert!(matches!(client.with_token(&Secret::new("a\nb".to_owned())), Err(ClientError::Token)));
}

#[test]
fn a_socket_is_gone_with_its_server() {
    each(async |Asked { server, client, .. }| {
        let Ok(Endpoint::Unix(_)) = client.at().parse::<Endpoint>() else { return };
        assert!(client.ping().await.unwrap().is_some());
        server.stop();
        eventually("nobody to listen", async || match client.ping().await {
            Ok(None) => Some(()),
            Ok(Some(_)) | Err(ClientError::Problem(_) | ClientError::Unreachable { .. }) => None,
            Err(error) => panic!("{error:?}"),
        })
        .await;
    });
}
