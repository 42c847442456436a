//! A host with a window. The window is the terminal: while somebody looks at it, this program holds a `VisibilityLease` of
//! the app, and so the app is in the foreground.
//!
//! ```text
//! cargo build -p notes --release --target wasm32-wasip2
//! cp target/wasm32-wasip2/release/notes.wasm examples/notes/package/
//! cargo run -p embed-desktop
//! ```
//!
//! Then type something, look at another window for ten seconds, type `/reclaim`, and see it come back with what you typed.
//!
//! | what happens | what it is to the app |
//! | --- | --- |
//! | the terminal gets the focus, or `/back` | it is launched, or brought to the front |
//! | the terminal loses the focus, or `/away` | nobody sees it; ten seconds later it is suspended |
//! | TEXT is typed | it is activated: `custom`, called `line` |
//! | `/NAME TEXT` is typed | it is activated: `custom`, called `NAME` |
//! | `/send TOPIC TEXT` is typed | a message: what wakes a background task |
//! | `/reclaim` | its memory is needed: ended without a word |
//! | `q`, Ctrl-D, the end of the input, the terminal hangs up | its user closes it |
//! | Ctrl-Z | it is suspended before its host stands still, and shown again when that goes on |
//! | Ctrl-C, SIGTERM | its host stops in good order |
//!
//! The last line is for its state and what is typed; above it are what the app shows, and what happens to it. Without a
//! terminal the same comes in and goes out line by line.

#![expect(clippy::disallowed_methods, reason = "the state directory is named on the command line")]

mod keys;
mod screen;
mod story;
mod window;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use clap::Parser;
use dormouse::package::Source;
use dormouse::{AppId, AppPolicy, Compiler, Consent, Host, InstallError, InstallOptions, PackageConfig};
use dormouse_store_sqlite::SqliteStore;
use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc;

use crate::keys::Input;
use crate::screen::{Pen, Screen};
use crate::story::Story;
use crate::window::Window;

/// Shows an app in this terminal.
#[derive(Parser)]
struct Arguments {
    /// Where everything is kept.
    #[arg(long, value_name = "DIR", default_value = "embed-desktop-state")]
    state: PathBuf,
    /// How long nobody sees the app until it is suspended.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    suspend_after: u64,
    /// The app's package: a directory or an archive.
    #[arg(default_value = "examples/notes/package")]
    package: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Puts the terminal back however this ends.
    let screen = Screen::open()?;
    desktop(&arguments, &screen).await
}

async fn desktop(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;

    let host = host(arguments, screen.pen()).await?;
    let app = host.app(&installed(&host, &arguments.package).await?)?;
    let mut window = Window::new(host.clone(), app, screen.pen());
    let user_closed_it = tokio::select! {
        gone = attended(&mut window, keys::listen(screen.pen()), stop) => {
            gone?;
            true
        }
        _ = hangup.recv() => true,
        _ = interrupt.recv() => false,
        _ = terminate.recv() => false,
    };
    if user_closed_it {
        window.close().await;
    }
    host.shutdown(false).await;
    Ok(())
}

/// The user is there, until he closes the window. It may be dropped while it waits for the app, which may take its time.
async fn attended(
    window: &mut Window,
    mut keys: mpsc::Receiver<Input>,
    mut stop: unix::Signal,
) -> io::Result<()> {
    window.look().await;
    loop {
        tokio::select! {
            input = keys.recv() => match input {
                Some(Input::Line(line)) if line == "q" => return Ok(()),
                Some(Input::Line(line)) => window.typed(&line).await,
                Some(Input::Away) => window.look_away(),
                Some(Input::Back) => window.look().await,
                Some(Input::Gone) | None => return Ok(()),
            },
            _ = stop.recv() => window.stand_still().await?,
        }
    }
}

/// A host that keeps everything in the state directory, and tells its story on the screen.
async fn host(arguments: &Arguments, pen: Pen) -> anyhow::Result<Host> {
    let state = &arguments.state;
    let folder = |name: &str| {
        let path = state.join(name);
        std::fs::create_dir_all(&path)?;
        Dir::open_ambient_dir(path, ambient_authority())
    };
    let unusable = || format!("nothing can be kept in {}", state.display());
    let directory = folder("packages").with_context(unusable)?;
    let suspend_after = Duration::from_secs(arguments.suspend_after);
    let host = Host::builder()
        .store(SqliteStore::open(state).with_context(unusable)?)
        .app_folders(folder("apps").with_context(unusable)?)
        .packages(PackageConfig { directory, compiler: Compiler::in_process(), cache: None })
        .app_policy(AppPolicy { suspend_after, ..AppPolicy::DEFAULT })
        .observer(Arc::new(Story::new(pen)))
        .start()
        .await?;
    Ok(host)
}

/// Installs the package, or updates it. Of the one that is installed already nothing changes.
async fn installed(host: &Host, path: &Path) -> anyhow::Result<AppId> {
    // Whoever names a package to this program agrees to what it asks for.
    let options = || InstallOptions { consent: Consent::ToAll, ..InstallOptions::default() };
    let open = || Source::open(path);
    let done = match host.install_package(open()?, options()).await {
        Err(InstallError::AlreadyInstalled { .. }) => host.update_package(open()?, options()).await,
        done => done,
    };
    Ok(done.with_context(|| format!("{} cannot be installed", path.display()))?.app)
}
