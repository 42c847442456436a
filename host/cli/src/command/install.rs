//! `dormouse install` and `dormouse update`.

mod archive;
mod tell;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use anstream::ColorChoice;
use dormouse::RegistrationId;
use dormouse_control::api::{
    Code, CompletionView, ConsentRequest, InstallRequest, InstallationView, Problem, UploadView,
};
use dormouse_control::client::{ClientError, EventsQuery};
use serde_json::json;

use self::archive::Archive;
use super::fire::completion;
use super::follow::{Followed, follow};
use super::run::plan;
use super::uninstall::{agree, is_asked};
use crate::cli::{InstallArgs, PackageArgs, UpdateArgs};
use crate::control::{self, Connection, Need};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{self, Foreground};
use crate::output::Printer;
use crate::output::escape::escape;

pub(crate) fn install(args: &InstallArgs, color: ColorChoice) -> Result<Exit> {
    take_in(&args.package, What::Install, color)
}

pub(crate) fn update(args: &UpdateArgs, color: ColorChoice) -> Result<Exit> {
    take_in(&args.package, What::Update { allow_downgrade: args.allow_downgrade }, color)
}

#[derive(Clone, Copy)]
enum What {
    Install,
    Update { allow_downgrade: bool },
}

fn take_in(args: &PackageArgs, what: What, color: ColorChoice) -> Result<Exit> {
    foreground::start_logs(args.output.verbose, Some("error"), color);
    let (directories, env) = grants(args)?;
    // What is wrong with the package is told before anything is made.
    let archive = Archive::prepare(&args.path, args.sha256)?;
    control::with(&args.host, Need::Change, async |host| {
        let query = EventsQuery { app: Some(archive.app.clone()), ..EventsQuery::default() };
        let events = host.events(&query).await?;
        let (printer, thread, control) = foreground::printer(&args.output, color)?;
        let mut foreground = Foreground::new(printer, control)?;
        let printer = foreground.printer.clone();
        let taking = Taking { args, what, directories, env, archive: &archive, host, printer: &printer };
        let ended = follow(&mut foreground, events, |_| true, Box::pin(taking.run())).await;
        printer.working(None);
        let ended = match ended {
            Ok(Followed::Done((done, updated))) => tell::tell(&taking, &done, updated.as_ref()).await,
            Ok(Followed::Stopped(exit)) => Ok(exit),
            Err(failure) => Err(failure),
        };
        foreground.close(thread, ended).await
    })
}

type Grants = (BTreeMap<String, String>, BTreeMap<String, String>);

/// Directories and variables, as the flags give them.
fn grants(args: &PackageArgs) -> Result<Grants> {
    let wrong = |path: &std::path::Path| {
        Failure::new(Exit::Usage, format!("--dir: `{}` is no path that can be kept", path.display()))
            .help("name a directory that exists, in a place whose name is text")
    };
    let mut directories = BTreeMap::new();
    for dir in &args.dir {
        // It is kept, and used by hosts that are started elsewhere.
        let path = std::path::absolute(&dir.path).map_err(|error| wrong(&dir.path).because(&error))?;
        let path = path.into_os_string().into_string().map_err(|_| wrong(&dir.path))?;
        directories.insert(dir.guest.clone(), path);
    }
    let mut env = BTreeMap::new();
    for variable in &args.env {
        let (name, value) = plan::variable_of(variable)?;
        env.insert(name.to_owned(), value);
    }
    Ok((directories, env))
}

/// One installation or update under way.
struct Taking<'a> {
    args: &'a PackageArgs,
    what: What,
    directories: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    archive: &'a Archive,
    host: &'a Connection,
    printer: &'a Printer,
}

/// How often it is looked again for a run whose end is being written: five seconds' worth.
const LOOKS: u32 = 250;
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Taking<'_> {
    /// Answers what was done, and how the update task ended if it ran.
    async fn run(&self) -> Result<(InstallationView, Option<CompletionView>)> {
        self.printer.working(Some(format!("reading and compiling {}", self.args.path.display())));
        let upload = self.host.upload(self.archive.path()).await?;
        let consent = if self.args.consent { ConsentRequest::All } else { ConsentRequest::Nothing };
        let done = match self.once(&upload, consent).await {
            Err(error) => match error.problem() {
                Some(problem) if problem.code == Code::ConsentNeeded => {
                    let asks = problem.asks.clone();
                    self.printer.working(None);
                    self.ask(problem)?;
                    self.printer.working(Some(format!("compiling {}", self.args.path.display())));
                    // What was agreed to is what was shown.
                    self.once(&upload, ConsentRequest::To(asks)).await?
                }
                _ => return Err(error.into()),
            },
            Ok(done) => done,
        };
        self.printer.working(None);
        let updated = match done.update_task {
            Some(task) => self.update_task(task).await?,
            None => None,
        };
        Ok((done, updated))
    }

    async fn once(
        &self,
        upload: &UploadView,
        consent: ConsentRequest,
    ) -> Result<InstallationView, ClientError> {
        let request = InstallRequest {
            upload: upload.upload,
            sha256: Some(self.archive.sha256.to_string()),
            consent,
            directories: self.directories.clone(),
            env: self.env.clone(),
            allow_downgrade: matches!(self.what, What::Update { allow_downgrade: true }),
        };
        match self.what {
            What::Install => self.host.install(&request).await,
            What::Update { .. } => self.host.update(&self.archive.app, &request).await,
        }
    }

    /// Shows what it asks for; answers if somebody agrees.
    fn ask(&self, problem: &Problem) -> Result<()> {
        let Archive { app, version, .. } = self.archive;
        let lines: Vec<String> = problem.asks.iter().map(|ask| format!("+ {ask}")).collect();
        let asks = format!("{app} {version} asks for\n{}", lines.join("\n"));
        if self.args.output.json {
            let asks = &problem.asks;
            let line = json!({ "event": "consent-needed", "app": app, "version": version, "asks": asks });
            self.printer.line(line.to_string());
        }
        if self.args.output.json || !is_asked() {
            return Err(Failure::new(Exit::Usage, asks).help("agree to it with --consent"));
        }
        for line in asks.lines() {
            let _ = writeln!(anstream::stderr(), "{}", escape(line));
        }
        agree("give it that?", "nothing changed")
    }

    /// Waits for the run of the update task; none if it does not start here and now.
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody tells when the end of a run is written but the run"
    )]
    async fn update_task(&self, task: RegistrationId) -> Result<Option<CompletionView>> {
        let mut known = self.host.explain(task, Some(1)).await?;
        // Its sandbox is gone, and its end is not written yet: neither runs, waits, nor has ended. For a moment.
        for _ in 0..LOOKS {
            let seen = !(known.running.is_empty() && known.waiting.is_empty() && known.history.is_empty());
            if seen || known.elsewhere == 0 {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            known = self.host.explain(task, Some(1)).await?;
        }
        if let Some(waiting) = known.waiting.first() {
            let soon = matches!(waiting.why.waits_for.as_str(), "nothing" | "slot");
            if !(soon && self.host.is_daemon()) {
                let until =
                    if self.host.is_daemon() { &waiting.why.text } else { "`dormouse serve` runs it" };
                self.printer.note(format!("the update task waits: {until}"));
                return Ok(None);
            }
        }
        let running = known.running.iter().map(|running| running.activation);
        let waiting = known.waiting.iter().map(|waiting| waiting.activation);
        let over = known.history.iter().map(|run| run.activation);
        // Why it did not start, if it did not, is printed with the other events.
        let Some(fired) = running.chain(waiting).chain(over).next() else { return Ok(None) };
        completion(self.host, fired, None).await.map(Some)
    }
}
