//! Names of apps: `org.example.feeds`.

use dormouse::AppId;

/// Reads the name of an app.
pub(crate) fn app(text: &str) -> Result<AppId, String> {
    AppId::new(text).map_err(|error| error.to_string())
}
