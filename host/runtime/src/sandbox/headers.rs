//! What the header sets of `wasi:http` hold, which is memory of the host's.
//!
//! Each set is bounded, and so is their number, as each is a handle; but so many of that size would be as much memory as
//! the run has, once more. So they draw on the account of the run's memories. They can be counted only between two
//! calls: together they are above it by what one call can add, which is one set.

use dormouse_core::Limits;
use http::{HeaderMap, HeaderName, HeaderValue};
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{FieldMap, p2, p3};

use super::limiter::Limiter;

/// The share of the account of one run that its header sets have.
pub(super) struct Headers {
    /// What one call adds at most.
    each: u64,
    /// What they hold at most: as it was counted, and what the calls since can have added.
    held: u64,
    /// What was drawn for them. As with memories, nothing is put back.
    drawn: u64,
}

impl Headers {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self { each: limits.http_fields_bytes, held: 0, drawn: 0 }
    }

    /// Before a call that may add to them. Answers whether it may.
    pub(super) fn may_grow(&mut self, table: &mut ResourceTable, limiter: &Limiter) -> bool {
        self.held = self.held.saturating_add(self.each);
        if self.held <= self.drawn {
            return true;
        }
        self.held = table.iter_mut().map(in_entry).sum();
        let Some(more) = self.held.checked_sub(self.drawn).filter(|more| *more > 0) else { return true };
        // A quarter ahead, if there is so much: many sets are not to be counted at each call.
        let wanted = self.drawn + more.max((more + self.held / 4).min(limiter.left()));
        let may = limiter.grow(self.drawn, wanted);
        if may {
            self.drawn = wanted;
        }
        may
    }
}

/// What one entry of the table holds. What a set and a request have both is counted with both.
fn in_entry(entry: &mut (dyn std::any::Any + Send)) -> u64 {
    use p2::types::{
        HostFutureIncomingResponse, HostIncomingResponse, HostOutgoingRequest, HostOutgoingResponse,
    };

    let entry: &dyn std::any::Any = entry;
    if let Some(fields) = entry.downcast_ref::<FieldMap>() {
        bytes(fields)
    } else if let Some(request) = entry.downcast_ref::<HostOutgoingRequest>() {
        bytes(&request.headers)
    } else if let Some(response) = entry.downcast_ref::<HostIncomingResponse>() {
        bytes(&response.headers)
    } else if let Some(response) = entry.downcast_ref::<HostOutgoingResponse>() {
        bytes(&response.headers)
    } else if let Some(request) = entry.downcast_ref::<p3::Request>() {
        bytes(&request.headers)
    } else if let Some(response) = entry.downcast_ref::<p3::Response>() {
        bytes(&response.headers)
    } else if let Some(HostFutureIncomingResponse::Ready(Ok((response, _)))) = entry.downcast_ref() {
        bytes(response.headers())
    } else {
        0
    }
}

/// The bytes of one set, as WASI counts them for the limit of one.
pub(super) fn bytes(fields: &HeaderMap) -> u64 {
    let names = fields.keys().map(|name| name.as_str().len() + size_of::<HeaderName>());
    let values = fields.values().map(|value| value.len() + size_of::<HeaderValue>());
    names.chain(values).sum::<usize>() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dormouse_core::Class;

    use super::*;
    use crate::sandbox::port::AppPort;
    use crate::sandbox::testing::FakePort;
    use crate::sandbox::usage::Usage;

    /// A set of this many bytes.
    fn set(len: u64) -> HeaderMap {
        let mut map = HeaderMap::new();
        let rest =
            usize::try_from(len).expect("a length") - size_of::<HeaderName>() - size_of::<HeaderValue>() - 1;
        map.insert("x", HeaderValue::from_bytes(&vec![b'x'; rest]).expect("a value"));
        map
    }

    fn fields(len: u64) -> FieldMap {
        FieldMap::new_immutable(wasmtime_wasi_http::default_hooks(), set(len))
    }

    #[test]
    fn header_sets_and_memories_draw_on_one_account() {
        let limits = Limits { memory_bytes: 100_000, http_fields_bytes: 10_000, ..Class::Long.limits() };
        let usage = Usage::new(0);
        let port: Arc<dyn AppPort> = Arc::new(FakePort::default());
        let limiter = Limiter::new(None, &limits, Arc::clone(&usage), port);
        let (mut headers, mut table) = (Headers::new(&limits), ResourceTable::new());
        assert!(headers.may_grow(&mut table, &limiter));
        assert_eq!(usage.memory_bytes(), 0, "whoever has none draws nothing");
        let mut sets = Vec::new();
        while headers.may_grow(&mut table, &limiter) {
            sets.push(table.push(fields(10_000)).expect("there is room"));
            assert!(sets.len() <= 11, "one call behind the account, at most");
        }
        assert_eq!((sets.len(), usage.memory_refusals()), (11, 1));
        assert!(usage.memory_bytes() <= 100_000);
        assert!(!limiter.grow(0, 10_001), "the memories have what is left");
        for set in sets.drain(..2) {
            table.delete(set).expect("it is there");
        }
        assert!(headers.may_grow(&mut table, &limiter), "what is dropped gives its room back to others");
        let limits = Limits { http_fields_bytes: u64::MAX, ..limits };
        assert!(Headers::new(&limits).may_grow(&mut ResourceTable::new(), &limiter), "none are no bytes");
    }

    #[test]
    fn whatever_has_headers_is_counted() {
        let mut table = ResourceTable::new();
        let response = p2::types::HostOutgoingResponse {
            status: http::StatusCode::OK,
            headers: fields(100),
            body: None,
        };
        let request = p2::types::HostOutgoingRequest {
            method: p2::bindings::http::types::Method::Get,
            scheme: None,
            authority: None,
            path_with_query: None,
            headers: fields(200),
            body: None,
        };
        let incoming = p2::types::HostIncomingResponse { status: 200, headers: fields(400), body: None };
        let (request3, _) = p3::Request::new(
            http::Method::GET,
            None,
            None,
            None,
            fields(800),
            None,
            wasmtime_wasi_http::WasiBody::default(),
        );
        table.push(response).expect("there is room");
        table.push(request).expect("there is room");
        table.push(incoming).expect("there is room");
        table.push(request3).expect("there is room");
        table.push(fields(1600)).expect("there is room");
        table.push(7_u32).expect("there is room");
        assert_eq!(table.iter_mut().map(in_entry).sum::<u64>(), 3100);
    }
}
