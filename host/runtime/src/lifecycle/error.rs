//! Why an app does not do what is asked of it.

use dormouse_core::app::activation::{ActivationError, ActivationKind};
use dormouse_core::app::lifecycle::End;
use dormouse_core::{AppId, StoreError};

use crate::shared::ReadOnly;

/// Why an app does not do what is asked of it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// There is no such app.
    #[error("app `{app}` is not installed")]
    NotInstalled {
        /// The app.
        app: AppId,
    },
    /// It has tasks only.
    #[error(
        "app `{app}` has no life of its own: it has no component that exports `lifecycle`, only tasks; fire one of them"
    )]
    NoLifecycle {
        /// The app.
        app: AppId,
    },
    /// It does not take such activations.
    #[error(
        "app `{app}` takes no activations of the kind `{kind}`; its manifest has to name it under `activations`"
    )]
    NotDeclared {
        /// The app.
        app: AppId,
        /// The kind.
        kind: ActivationKind,
    },
    /// What comes with the activation is too large.
    #[error("the activation carries too much")]
    Activation(#[from] ActivationError),
    /// There is no instance of it.
    #[error("app `{app}` is not running; launch it")]
    NotRunning {
        /// The app.
        app: AppId,
    },
    /// As many apps are there as there may be, and none of them is suspended.
    #[error("{}", too_many(*.max))]
    TooMany {
        /// How many there may be.
        max: u32,
    },
    /// So many activations of it are not dealt with yet that no more are taken.
    #[error(
        "app `{app}` has {max} activations to deal with, and takes no more until it has; ask again in a moment"
    )]
    Busy {
        /// The app.
        app: AppId,
        /// How many may wait.
        max: usize,
    },
    /// It ended before it did what was asked of it.
    #[error("the app ended first ({end}){}", with(.message))]
    Ended {
        /// Why.
        end: End,
        /// What is to be said of it; empty if that is all.
        message: String,
    },
    /// The store.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
    /// The host only answers questions.
    #[error("this host was started to look only, and runs nothing; ask one that may")]
    ReadOnly,
}

fn too_many(max: u32) -> String {
    match max {
        0 => "this host has no places for apps".to_owned(),
        max => format!(
            "{max} apps are there, which is all that this host has places for, and none of them is suspended; close one"
        ),
    }
}

fn with(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl From<ReadOnly> for AppError {
    fn from(_: ReadOnly) -> Self {
        Self::ReadOnly
    }
}
