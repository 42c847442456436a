//! How a command reaches a host.
//!
//! | what is there | who answers |
//! | --- | --- |
//! | `--host`, or a socket in the state directory that is listened on | that host |
//! | else, for what only looks | a host in this process, which only answers questions |
//! | else, for what changes something | a host in this process, which has the state directory and starts nothing |
//!
//! What is asked is the same each time: requests of the control API.

mod local;
mod problem;
mod unknown;

use std::ops::Deref;
use std::path::Path;

use dormouse::core::Secret;
use dormouse_control::api::{Code, LIST_LIMIT_MAX, Page, RegistrationView};
use dormouse_control::client::{Client, ClientError, Endpoint, RegistrationsQuery};

use self::local::Local;
pub(crate) use self::unknown::why_unknown;
use crate::cli::HostArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host;
use crate::output::note;
use crate::state::{self, SOCKET};

/// What a command wants of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// An answer.
    Look,
    /// An answer that says whether conditions hold on this machine.
    Judge,
    /// That something is kept.
    Change,
    /// That something runs, or is told while it happens.
    Daemon,
}

/// The way to a host: its client, and the host itself if it is in this process.
pub(crate) struct Connection {
    client: Client,
    local: Option<Local>,
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Connection {
    /// Whether a host runs there that starts what fires.
    pub(crate) const fn is_daemon(&self) -> bool {
        self.local.is_none()
    }

    /// Ends the host, if it is in this process.
    pub(crate) async fn close(self) {
        if let Some(local) = self.local {
            local.close().await;
        }
    }

    /// All that is registered, however much that is.
    pub(crate) async fn all_registrations(
        &self,
        query: &RegistrationsQuery,
    ) -> Result<Vec<RegistrationView>> {
        pages(usize::MAX, async |limit, before| {
            self.registrations(&RegistrationsQuery { limit: Some(limit), before, ..query.clone() }).await
        })
        .await
    }
}

/// Does `work` with a host that has what it needs.
pub(crate) fn with<T>(
    args: &HostArgs,
    need: Need,
    work: impl AsyncFnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let runtime = host::runtime()?;
    let done = runtime.block_on(async {
        let connection = connect(args, need).await?;
        if matches!(need, Need::Look | Need::Judge) && !connection.is_daemon() {
            let home = state::home(&args.home)?;
            if !state::is_there(&home) {
                note(&format!("there is no state at `{}` yet", home.display()));
            }
        }
        let done = Box::pin(work(&connection)).await;
        connection.close().await;
        done
    });
    runtime.shutdown_background();
    done
}

/// Finds the host that `args` mean, or makes one that has what is needed.
pub(crate) async fn connect(args: &HostArgs, need: Need) -> Result<Connection> {
    if let Some(url) = &args.host {
        let endpoint: Endpoint = url
            .parse()
            .map_err(|error| Failure::from_error(Exit::Usage, &error).help("see `dormouse --help`"))?;
        let mut client = Client::connect(endpoint);
        if let Some(token) = token(args.token_file.as_deref())? {
            client = client.with_token(&token)?;
        }
        return Ok(Connection { client, local: None });
    }
    let home = state::home(&args.home)?;
    state::is_directory(&home)?;
    let client = Client::connect(Endpoint::Unix(home.join(SOCKET)));
    if client.ping().await?.is_some() {
        return Ok(Connection { client, local: None });
    }
    let local = match need {
        Need::Look => Local::read_only(&home, false).await?,
        Need::Judge => Local::read_only(&home, true).await?,
        Need::Change => Local::idle(&home).await?,
        Need::Daemon => return Err(not_running(&home)),
    };
    Ok(Connection { client: local.client(), local: Some(local) })
}

fn not_running(home: &Path) -> Failure {
    Failure::new(Exit::Unreachable, format!("no host runs on the state directory `{}`", home.display()))
        .help("start it with `dormouse serve`, or name another one with --state or --host")
        .nothing()
}

/// The token that is shown to a host on TCP; none if none was given.
fn token(file: Option<&Path>) -> Result<Option<Secret>> {
    let Some(file) = file else {
        return Ok(std::env::var("DORMOUSE_TOKEN").ok().map(Secret::new));
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(Exit::Usage, format!("--token-file: `{}` cannot be read", file.display()))
            .because(&error)
            .help("name a file that you may read: `token` in the state directory of that host has it")
    })?;
    Ok(Some(Secret::new(text)))
}

/// What was answered; none if there is no such thing.
pub(crate) fn found<T>(answer: Result<T, ClientError>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.problem() {
            Some(problem) if matches!(problem.code, Code::NotFound | Code::NotInstalled) => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Up to `most` things of a list, page by page: `ask` gets how many, and behind which.
pub(crate) async fn pages<T>(
    most: usize,
    ask: impl AsyncFn(usize, Option<String>) -> Result<Page<T>, ClientError>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    each_page(most, LIST_LIMIT_MAX, ask, |page| {
        all.extend(page);
        true
    })
    .await?;
    Ok(all)
}

/// Shows up to `most` things of a list to `look`, at most `at_once` together, for as long as it wants more.
pub(crate) async fn each_page<T>(
    most: usize,
    at_once: usize,
    ask: impl AsyncFn(usize, Option<String>) -> Result<Page<T>, ClientError>,
    mut look: impl FnMut(Vec<T>) -> bool,
) -> Result<()> {
    let (mut left, mut before) = (most, None);
    while left > 0 {
        let Page { mut items, next } = ask(left.min(at_once), before).await?;
        items.truncate(left);
        left = left.saturating_sub(items.len());
        before = next;
        let empty = items.is_empty();
        if !look(items) || empty || before.is_none() {
            break;
        }
    }
    Ok(())
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => (*problem).into(),
            ClientError::NotRunning { .. } => Self::from_error(Exit::Unreachable, &error)
                .help("start it with `dormouse serve`, or name another one with --state or --host"),
            ClientError::Denied { .. } => {
                Self::from_error(Exit::Unreachable, &error).help("ask as the user that the host runs as")
            }
            ClientError::Unreachable { .. } => Self::from_error(Exit::Unreachable, &error)
                .help("nobody knows whether it was done: is it still running? `dormouse doctor` says"),
            ClientError::File { .. } => {
                Self::from_error(Exit::Usage, &error).help("name a file that you may read")
            }
            ClientError::Token => {
                Self::from_error(Exit::Usage, &error).help("name the file with the token with --token-file")
            }
            _ => Self::from_error(Exit::Unreachable, &error)
                .help("is it a dormouse of the same version? `dormouse doctor` says"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers the numbers below `count`, three at a time at most.
    async fn numbers(count: usize, limit: usize, before: Option<String>) -> Result<Page<usize>, ClientError> {
        let begin = before.map_or(0, |before| before.parse().expect("what was answered"));
        let end = (begin + limit.min(3)).min(count);
        Ok(Page { items: (begin..end).collect(), next: (end < count).then(|| end.to_string()) })
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_end_and_no_further_than_asked_for() {
        for (count, most, read) in [(7, 100, 7), (7, 5, 5), (7, 0, 0), (0, 5, 0), (6, 6, 6)] {
            let all = pages(most, async |limit, before| numbers(count, limit, before).await).await;
            assert_eq!(all.expect("it is answered"), (0..read).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn a_list_is_looked_through_until_enough_was_seen() {
        let asked = std::cell::Cell::new(0);
        let mut seen = Vec::new();
        let ask = async |limit, before| {
            asked.set(asked.get() + 1);
            numbers(100, limit, before).await
        };
        let until = |page: Vec<usize>| {
            seen.extend(page);
            !seen.contains(&4)
        };
        each_page(usize::MAX, 2, ask, until).await.expect("it is answered");
        assert_eq!((seen, asked.get()), (vec![0, 1, 2, 3, 4, 5], 3));
    }

    #[test]
    fn a_host_that_cannot_be_reached_has_a_code_of_its_own() {
        let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = ClientError::NotRunning { at: "unix:///x".to_owned(), source };
        assert_eq!(Failure::from(error).exit(), Exit::Unreachable);
    }
}
