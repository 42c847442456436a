//! Systems on which nothing is read yet.

use std::pin::Pin;
use std::sync::Arc;

use dormouse_core::Clock;

use crate::board::Board;
use crate::config::SystemConfig;
use crate::error::SystemError;
use crate::report::{Found, Source};

/// Says of everything that it is not known here.
pub(crate) fn start(
    _config: &SystemConfig,
    board: &Arc<Board>,
    _clock: &Arc<dyn Clock>,
    _spawn: impl FnMut(Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Result<(), SystemError> {
    for source in Source::ALL {
        board.found(source, Found::absent(format!("not read on {}", std::env::consts::OS)));
    }
    Ok(())
}
