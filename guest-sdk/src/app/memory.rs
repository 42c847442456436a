//! What the app holds of what it may hold.

use std::fmt;

use crate::bindings::app::dormouse::background::{app_control, app_types as wit};

/// How much of its memory limit an app holds (UWP-108).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MemoryLevel {
    /// Less than half.
    Low,
    /// Less than four fifths.
    Medium,
    /// Not more than the limit.
    High,
    /// More: the limit was lowered below what it holds.
    OverLimit,
}

impl MemoryLevel {
    /// The name as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::OverLimit => "over-limit",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for MemoryLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::MemoryLevel> for MemoryLevel {
    fn from(level: wit::MemoryLevel) -> Self {
        match level {
            wit::MemoryLevel::Low => Self::Low,
            wit::MemoryLevel::Medium => Self::Medium,
            wit::MemoryLevel::High => Self::High,
            wit::MemoryLevel::OverLimit => Self::OverLimit,
        }
    }
}

/// Which way a level was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemoryChange {
    /// Upwards.
    Increased,
    /// Downwards.
    Decreased,
}

impl MemoryChange {
    /// The name as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Increased => "increased",
            Self::Decreased => "decreased",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for MemoryChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::MemoryChange> for MemoryChange {
    fn from(change: wit::MemoryChange) -> Self {
        match change {
            wit::MemoryChange::Increased => Self::Increased,
            wit::MemoryChange::Decreased => Self::Decreased,
        }
    }
}

/// What comes with [`memory_usage_changed`](super::App::memory_usage_changed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryUsage {
    /// Whether it rose or fell.
    pub change: MemoryChange,
    /// The level that it is at now.
    pub level: MemoryLevel,
    /// Bytes of all memories and tables.
    pub used_bytes: u64,
    /// Bytes that they may have.
    pub limit_bytes: u64,
}

impl From<wit::MemoryUsage> for MemoryUsage {
    fn from(usage: wit::MemoryUsage) -> Self {
        Self {
            change: usage.change.into(),
            level: usage.level.into(),
            used_bytes: bytes(usage.used_bytes),
            limit_bytes: bytes(usage.limit_bytes),
        }
    }
}

/// What comes with [`memory_limit_changing`](super::App::memory_limit_changing) (UWP-109).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryLimit {
    /// Bytes that the app may have now.
    pub old_bytes: u64,
    /// Bytes that it may have when the handler has returned.
    pub new_bytes: u64,
}

impl From<wit::MemoryLimit> for MemoryLimit {
    fn from(limit: wit::MemoryLimit) -> Self {
        Self { old_bytes: bytes(limit.old_bytes), new_bytes: bytes(limit.new_bytes) }
    }
}

/// What the app holds at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppMemory {
    /// Bytes of all memories and tables. Memory that was freed stays counted: WebAssembly cannot give it back.
    pub used_bytes: u64,
    /// Bytes that they may have at present.
    pub limit_bytes: u64,
    /// How much of it that is.
    pub level: MemoryLevel,
}

impl From<app_control::AppMemory> for AppMemory {
    fn from(memory: app_control::AppMemory) -> Self {
        Self {
            used_bytes: bytes(memory.used_bytes),
            limit_bytes: bytes(memory.limit_bytes),
            level: memory.level.into(),
        }
    }
}

/// A count as it crosses the boundary. A cast from float saturates, and NaN becomes 0.
fn bytes(count: f64) -> u64 {
    count as u64
}
