//! What a host in this process did not do, for people: in the words that a host elsewhere has for it.

use dormouse::core::StoreError;
use dormouse::{HostError, StartError};
use dormouse_control::api::Problem;
use dormouse_package::PackageError;

use crate::error::Failure;
use crate::exit::Exit;

pub(crate) fn store_failed(error: &StoreError) -> Failure {
    Problem::from(error.clone()).into()
}

pub(crate) fn start_failed(error: &StartError) -> Failure {
    match error {
        StartError::Store(error) => store_failed(error),
        StartError::Registration(_) => Failure::from_error(Exit::State, error)
            .help("it was made by another version of dormouse: use that one, or give another --state"),
        StartError::Packages(_) => Failure::from_error(Exit::State, error)
            .help("check the owner of the directory `packages` in --state, and the room left"),
        _ => Failure::from_error(Exit::Internal, error),
    }
}

pub(crate) fn host_failed(error: HostError) -> Failure {
    match error {
        HostError::Folders { .. } => Failure::from_error(Exit::State, &error)
            .help("check the owner of the directory `apps` in --state"),
        error => Problem::from(error).into(),
    }
}

/// Why a package cannot be used. Its own messages say what to do.
pub(crate) fn package_failed(error: PackageError) -> Failure {
    Problem::from(error).into()
}
