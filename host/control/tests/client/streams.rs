//! What is told as it happens.

use std::pin::pin;

use dormouse_control::api::{Code, EventKindView};
use dormouse_control::client::{ClientError, CompletionEvent, CompletionsQuery, EventsQuery, HostEvent};
use dormouse_control::server::ServerLimits;
use futures::StreamExt;

use crate::eventually::eventually;
use crate::{Asked, each};

#[test]
fn events_come_as_they_happen_until_the_host_stops() {
    each(async |Asked { rig, server, client, id }| {
        let query = EventsQuery {
            registration: Some(id),
            kind: Some("started,ended".to_owned()),
            ..EventsQuery::default()
        };
        let mut events = pin!(client.events(&query).await.unwrap());
        let completion = rig.fire(id, "").await;
        let mut told = Vec::new();
        for _ in 0..2 {
            match events.next().await.unwrap().unwrap() {
                HostEvent::Event(event) => told.push(event),
                other => panic!("{other:?}"),
            }
        }
        assert!(told.iter().all(|event| event.registration == id));
        let EventKindView::Ended { run, .. } = told[1].kind else { panic!("{told:?}") };
        assert_eq!(run, completion.run.run);

        server.stop();
        match events.next().await.unwrap().unwrap_err() {
            ClientError::Problem(problem) => assert_eq!(problem.code, Code::Stopping),
            other => panic!("{other:?}"),
        }
        assert!(events.next().await.is_none());
    });
}

#[test]
fn completions_begin_where_they_are_asked_to_and_a_cursor_moves_when_it_is_told() {
    each(async |Asked { rig, client, id, .. }| {
        let mut cursors = Vec::new();
        for _ in 0..3 {
            cursors.push(rig.fire(id, "").await.cursor);
        }
        let query = CompletionsQuery { after: Some(cursors[0]), ..CompletionsQuery::default() };
        let mut all = pin!(client.completions(&query).await.unwrap());
        for cursor in &cursors[1..] {
            let event = all.next().await.unwrap().unwrap();
            assert!(matches!(event, CompletionEvent::Completed(_)), "{event:?}");
            assert_eq!(event.cursor(), Some(*cursor));
        }

        client.ack("log", cursors[1]).await.unwrap();
        let query = CompletionsQuery { subscriber: Some("log".to_owned()), ..CompletionsQuery::default() };
        for _ in 0..2 {
            let mut unread = pin!(client.completions(&query).await.unwrap());
            let event = unread.next().await.unwrap().unwrap();
            assert_eq!(event.cursor(), Some(cursors[2]), "as often as it is not acknowledged");
        }
    });
}

#[test]
fn a_stream_that_is_dropped_is_over_for_the_host_as_well() {
    each(async |Asked { client, .. }| {
        // More than there may be at once.
        for _ in 0..2 * ServerLimits::DEFAULT.streams {
            let query = EventsQuery::default();
            eventually("a place for a stream", async || client.events(&query).await.map(drop).ok()).await;
        }
    });
}
