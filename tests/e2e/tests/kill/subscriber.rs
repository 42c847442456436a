//! One who is told of completions, by a cursor of his own and one that the host keeps.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

use dormouse_e2e::PATIENCE;
use serde_json::{Value, json};

use crate::auditor::Told;
use crate::host::Host;
use crate::load::text;

/// What the host knows him as.
const NAME: &str = "auditor";

/// How many he hears of before he says so.
const ACK_EVERY: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Subscriber {
    heard: Mutex<BTreeMap<i64, String>>,
    /// The newest completion that was heard of, of each registration.
    newest: Mutex<BTreeMap<String, i64>>,
}

impl Subscriber {
    fn last(&self) -> i64 {
        self.heard.lock().unwrap().last_key_value().map_or(0, |(place, _)| *place)
    }

    /// Hears of completions until the host dies.
    pub(crate) fn follow(&self, host: &Host) {
        self.follow_until(host, |_| false);
    }

    /// Hears of everything that there is.
    pub(crate) fn catch_up(&self, host: &Host) {
        let subscribers = host.get("/v1/subscribers").expect("it lives").json();
        let head = subscribers["items"][0]["head"].as_i64().expect("a place");
        if self.last() < head {
            self.follow_until(host, |last| last >= head);
        }
    }

    fn follow_until(&self, host: &Host, enough: impl Fn(i64) -> bool) {
        // An error at any point is that the host died.
        let Ok(mut stream) = UnixStream::connect(host.socket()) else { return };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let ask = format!(
            "GET /v1/completions?subscriber={NAME} HTTP/1.1\r\nhost: dormouse\r\nlast-event-id: {}\r\n\r\n",
            self.last()
        );
        if stream.write_all(ask.as_bytes()).is_err() {
            return;
        }
        let mut since_ack = 0;
        let mut event = String::new();
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            // Each event is a chunk of the transfer: lines of lengths are of neither kind.
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event);
            } else if let (Some(data), "completion") = (line.strip_prefix("data: "), event.as_str()) {
                let Ok(completion) = serde_json::from_str::<Value>(data) else { return };
                let place = self.hear(&completion);
                since_ack += 1;
                if since_ack % ACK_EVERY == 0 {
                    host.post(&format!("/v1/subscribers/{NAME}/ack"), &json!({ "cursor": place }));
                }
                if enough(place) {
                    return;
                }
            }
            assert_ne!(event, "missed", "nothing that he did not hear of is let go of");
        }
    }

    fn hear(&self, completion: &Value) -> i64 {
        let place = completion["cursor"].as_i64().expect("a place");
        let activation = text(completion, "activation");
        let before = self.heard.lock().unwrap().insert(place, activation.clone());
        assert!(before.is_none_or(|before| before == activation), "two completions at {place}");
        let mut newest = self.newest.lock().unwrap();
        let newest = newest.entry(text(completion, "registration")).or_default();
        assert!(*newest < place, "out of order: {place} after {newest}");
        *newest = place;
        place
    }

    pub(crate) fn tell(&self, told: &mut Told) {
        told.completed.clone_from(&self.heard.lock().unwrap());
    }
}
