//! What is said of apps that are not as they are asked to be.

use dormouse::AppError;

use super::{NEEDS_A_HOST, other, store};
use crate::api::{Code, LaunchRefused, Problem};

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let of = |code| Self::from_error(code, &error);
        match &error {
            AppError::NotInstalled { .. } => {
                of(Code::NotInstalled).help("`dormouse apps` says what is installed")
            }
            AppError::NoLifecycle { .. } => of(Code::AppHasNoLifecycle)
                .help("only a package with an `[app]` in its manifest can be launched"),
            AppError::NotDeclared { .. } => of(Code::ActivationNotDeclared)
                .help("have its package name the kind in `activations`, under `[app]`")
                .field("activation"),
            AppError::Activation(_) => {
                of(Code::TooLarge).help("pass less, or the name of a file in a granted directory")
            }
            AppError::NotRunning { .. } => of(Code::AppNotRunning).help("`dormouse app launch` launches it"),
            AppError::TooMany { max: 0 } => {
                of(Code::TooManyApps).help("start it with more of them: `dormouse serve --apps`")
            }
            AppError::TooMany { .. } => of(Code::TooManyApps)
                .help("`dormouse apps` says which are there; `dormouse app close` closes one of them"),
            AppError::Busy { .. } => of(Code::Busy).help("ask again in a moment"),
            AppError::Ended { .. } => {
                of(Code::AppEnded).help("`dormouse app state` says what it is told when it is launched again")
            }
            AppError::Store(why) => store(why, &error),
            AppError::Stopping => of(Code::Stopping).help("ask again when the host runs"),
            AppError::ReadOnly => of(Code::ReadOnly).help(NEEDS_A_HOST),
            _ => other(&error),
        }
    }
}

impl From<LaunchRefused> for Problem {
    fn from(error: LaunchRefused) -> Self {
        Self::from_error(Code::InvalidRequest, &error)
            .field(error.field())
            .help("`/openapi.json` says what this request takes")
    }
}
