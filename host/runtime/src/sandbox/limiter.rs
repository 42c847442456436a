//! One limit for everything that a guest's memory is made of.
//!
//! A limit for each linear memory would be multiplied by composition: a component of ten parts would have ten
//! times the memory. So all memories and tables of a guest draw on one account, and so do its header sets
//! (`headers.rs`). A growth beyond it answers -1 to the guest, as WebAssembly has it, and is counted and told; most
//! guests then give up by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dormouse_core::Limits;
use wasmtime::{ResourceLimiter, Result};

use super::port::AppPort;
use super::usage::Usage;
use crate::engine::Engine;

/// A table element is a pointer.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// The account of one sandbox.
pub(crate) struct Limiter {
    limit: u64,
    /// An app's is another one while it is seen than while it is not. A run's is one for its time.
    changing: Option<Arc<AtomicU64>>,
    /// Of one linear memory alone: the engine's.
    memory_max: u64,
    each: usize,
    usage: Arc<Usage>,
    port: Arc<dyn AppPort>,
}

impl Limiter {
    /// `changing` is the account's limit, in bytes, if that of `limits` is not.
    pub(crate) fn new(
        changing: Option<Arc<AtomicU64>>,
        limits: &Limits,
        usage: Arc<Usage>,
        port: Arc<dyn AppPort>,
    ) -> Self {
        let each = usize::try_from(limits.instances).unwrap_or(usize::MAX);
        Self { limit: limits.memory_bytes, changing, memory_max: u64::MAX, each, usage, port }
    }

    /// Bounds each linear memory as `engine` does.
    pub(super) fn on(&mut self, engine: &Engine) {
        self.memory_max = engine.memory_bytes_max();
    }

    /// Bytes by which memories and tables may still grow together.
    pub(crate) fn left(&self) -> u64 {
        self.limit().saturating_sub(self.usage.memory_bytes())
    }

    fn limit(&self) -> u64 {
        self.changing.as_ref().map_or(self.limit, |limit| limit.load(Ordering::Relaxed))
    }

    /// Draws the difference on the account.
    ///
    /// Nothing is ever put back: memories and tables do not shrink, and a growth that is allowed here fails
    /// afterwards only if the operating system has no memory left. Counting such a growth errs on the side of the
    /// host; putting it back on `memory_grow_failed` would not be safe, because that is also called for growths
    /// that were never asked for here.
    pub(super) fn grow(&self, current: u64, desired: u64) -> bool {
        let total = self.usage.memory_bytes().saturating_add(desired.saturating_sub(current));
        let limit = self.limit();
        if total > limit {
            return self.refuse(total, limit);
        }
        self.usage.set_memory_bytes(total);
        true
    }

    /// Counts and tells. Always false.
    fn refuse(&self, wanted: u64, limit: u64) -> bool {
        self.usage.count_memory_refusal();
        self.port.memory_refused(wanted, limit);
        false
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        // Beyond its own declared maximum it fails in any case: that is not this limit's doing.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if bytes(desired) > self.memory_max {
            return Ok(self.refuse(bytes(desired), self.memory_max));
        }
        Ok(self.grow(bytes(current), bytes(desired)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let element = |count| bytes(count).saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(self.grow(element(current), element(desired)))
    }

    fn instances(&self) -> usize {
        self.each
    }

    fn tables(&self) -> usize {
        self.each
    }

    fn memories(&self) -> usize {
        self.each
    }
}

/// `usize` has at most 64 bits on every target of this crate.
const fn bytes(count: usize) -> u64 {
    count as u64
}
