//! The client of the control API: what the command line asks with.
//!
//! A [`Client`] reaches a host over its Unix socket, over TCP with a token, or in the same process; what is asked and what
//! is answered is the same. Each request has a connection of its own. Streams end when the host does: asking again,
//! with the cursor of what was seen last, is up to the caller.
//!
//! ```no_run
//! use dormouse_control::client::{Client, RunsQuery};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect("unix:///var/lib/dormouse/dormouse.sock".parse()?);
//! for run in client.runs(&RunsQuery::default()).await?.items {
//!     println!("{} {}", run.run, run.text);
//! }
//! # Ok(())
//! # }
//! ```

mod apps;
mod ask;
mod at;
mod delivery;
mod error;
mod events;
mod host;
mod lifecycle;
mod query;
mod registrations;
mod runs;
mod transport;

pub use at::{Endpoint, EndpointError};
pub use error::ClientError;
pub use events::{CompletionEvent, EVENT_LEN_MAX, HostEvent};
pub use query::{CompletionsQuery, DeadLettersQuery, EventsQuery, RegistrationsQuery, RunsQuery};
pub use transport::{ANSWER_LEN_MAX, Client};
