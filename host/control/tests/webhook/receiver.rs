//! Somebody who is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response};
use axum::{Router, body};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::eventually::eventually;

/// A message that came.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) json: Value,
}

impl Got {
    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub(crate) fn cursor(&self) -> u64 {
        self.json["cursor"].as_u64().unwrap()
    }
}

/// What a message is answered with.
pub(crate) enum Answer {
    With(Response<Body>),
    /// Nothing, ever.
    Never,
    /// 200, when there is a permit.
    With200When(Arc<Semaphore>),
}

pub(crate) fn status(status: u16) -> Answer {
    Answer::With(Response::builder().status(status).body(Body::empty()).unwrap())
}

pub(crate) fn with(code: u16, header: &str, value: &str) -> Answer {
    Answer::With(Response::builder().status(code).header(header, value).body(Body::empty()).unwrap())
}

/// Listens on a port of this machine, keeps what comes, and answers in turn what it was told to; then 200.
pub(crate) struct Receiver {
    pub(crate) url: String,
    script: Arc<Mutex<VecDeque<Answer>>>,
    got: mpsc::UnboundedReceiver<Got>,
    /// Messages that are not answered yet, at most.
    pub(crate) most_at_once: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub(crate) async fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told?by=dormouse", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let (tell, got) = mpsc::unbounded_channel();
        let (at_once, most_at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let router = Router::new().fallback({
            let (script, most) = (script.clone(), most_at_once.clone());
            async move |request: Request<Body>| {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let answer = script.lock().unwrap().pop_front().unwrap_or_else(|| status(200));
                let (parts, body) = request.into_parts();
                assert_eq!(
                    (parts.method.as_str(), parts.uri.to_string().as_str()),
                    ("POST", "/told?by=dormouse")
                );
                let body = body::to_bytes(body, 1024 * 1024).await.unwrap();
                let json = serde_json::from_slice(&body).unwrap();
                let _ = tell.send(Got { headers: parts.headers, body, json });
                let answer = match answer {
                    Answer::With(response) => response,
                    Answer::Never => std::future::pending().await,
                    Answer::With200When(permits) => {
                        permits.acquire().await.unwrap().forget();
                        Response::new(Body::empty())
                    }
                };
                at_once.fetch_sub(1, Ordering::SeqCst);
                answer
            }
        });
        let serving = Handle::current().spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, got, most_at_once, serving }
    }

    pub(crate) fn then(&self, answer: Answer) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// The next message, when it comes.
    pub(crate) async fn next(&mut self) -> Got {
        eventually("a message", async || self.got.try_recv().ok()).await
    }

    /// Those that came.
    pub(crate) fn came(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }
}
