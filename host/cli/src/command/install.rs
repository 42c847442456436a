//! `dormouse install` and `dormouse update`.

use std::io::Write as _;
use std::sync::Arc;

use anstream::ColorChoice;
use dormouse::core::activation::ActivationState;
use dormouse::core::event::EventKind;
use dormouse::{
    ActivationId, Completion, Consent, Host, InstallError, InstallOptions, Installation, Outcome,
    RegistrationId,
};
use dormouse_package::Source;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::register::never;
use super::run::plan;
use super::uninstall::{agree, is_asked};
use crate::cli::{InstallArgs, PackageArgs, UpdateArgs};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground;
use crate::host::{self, host_failed, install_failed, package_failed, start_failed, store_failed};
use crate::output::{Control, Printer, outcome_line, output_failed};
use crate::state::{self, State};

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

/// No signal is listened to: what is killed here is either not begun, or gone on with by the next host.
fn take_in(args: &PackageArgs, what: What, color: ColorChoice) -> Result<Exit> {
    foreground::start_logs(args.output.verbose, Some("error"), color);
    let options = options(args, what)?;
    // A path that is wrong is told before anything is made.
    drop(source(args)?);
    let state = State::open(Some(&state::home(&args.home)?))?;
    let runtime = host::runtime()?;
    let (printer, thread, mut control) = foreground::printer(&args.output, color)?;
    let done = runtime.block_on(async {
        let observer = Arc::new(printer.clone());
        let builder = host::builder(&state, Some(observer))?.engine(host::small_engine()?).idle();
        let host = builder.start().await.map_err(|e| start_failed(&e))?;
        let done = Taking { args, what, host: &host, printer: &printer, state: &state };
        let done = done.run(options, &mut control).await;
        host.shutdown(false).await;
        done
    });
    printer.working(None);
    printer.close();
    thread.join();
    runtime.shutdown_background();
    while let Ok(said) = control.try_recv() {
        if let (Control::Failed(error), Ok(_)) = (said, &done) {
            return output_failed(&error);
        }
    }
    done
}

fn source(args: &PackageArgs) -> Result<Source> {
    let source = Source::open(&args.path).map_err(|e| package_failed(&e))?;
    match args.sha256 {
        Some(digest) => source.expecting(digest).map_err(|e| package_failed(&e)),
        None => Ok(source),
    }
}

fn options(args: &PackageArgs, what: What) -> Result<InstallOptions> {
    let consent = if args.consent { Consent::ToAll } else { Consent::Nothing };
    let mut options = InstallOptions { consent, ..InstallOptions::default() };
    options.allow_downgrade = matches!(what, What::Update { allow_downgrade: true });
    for dir in &args.dir {
        // It is kept, and used by hosts that are started elsewhere.
        let path = std::path::absolute(&dir.path).map_err(|error| {
            Failure::new(Exit::Usage, format!("--dir: `{}` is no path", dir.path.display()))
                .because(&error)
                .help("name a directory that exists")
        })?;
        options.directories.insert(dir.guest.clone(), path);
    }
    for variable in &args.env {
        let (name, value) = plan::variable_of(variable)?;
        options.env.insert(name.to_owned(), value);
    }
    Ok(options)
}

/// One installation or update under way.
struct Taking<'a> {
    args: &'a PackageArgs,
    what: What,
    host: &'a Host,
    printer: &'a Printer,
    state: &'a State,
}

impl Taking<'_> {
    async fn run(&self, options: InstallOptions, control: &mut UnboundedReceiver<Control>) -> Result<Exit> {
        let installation = match self.once(options.clone()).await {
            Err(InstallError::ConsentNeeded { app, version, difference }) => {
                let asks = format!("{app} {version} asks for");
                let lines: Vec<String> = difference.as_slice().iter().map(ToString::to_string).collect();
                if self.args.output.json {
                    let name = "consent-needed";
                    self.printer.line(
                        json!({ "event": name, "app": app, "version": version, "asks": lines }).to_string(),
                    );
                }
                if self.args.output.json || !is_asked() {
                    return Err(Failure::new(Exit::Usage, format!("{asks}\n{difference}"))
                        .help("agree to it with --consent"));
                }
                let _ = writeln!(anstream::stderr(), "{asks}\n{difference}");
                agree("give it that?", "nothing changed")?;
                // The package is read again: what was agreed to is what was shown.
                self.once(InstallOptions { consent: Consent::To(difference), ..options }).await
            }
            other => other,
        };
        let installation = installation.map_err(|e| install_failed(&e))?;
        let updated = match installation.update_task {
            Some(task) => self.update_task(task, control).await?,
            None => None,
        };
        if self.args.output.json {
            self.tell_programs(&installation, updated.as_ref());
        } else {
            self.tell_people(&installation);
        }
        Ok(match updated.map(|completion| completion.run.outcome) {
            None | Some(Outcome::Succeeded) => Exit::Success,
            Some(Outcome::Canceled { .. }) => Exit::Canceled,
            Some(_) => Exit::Failed,
        })
    }

    async fn once(&self, options: InstallOptions) -> Result<Installation, InstallError> {
        let source = Source::open(&self.args.path).and_then(|source| match self.args.sha256 {
            Some(digest) => source.expecting(digest),
            None => Ok(source),
        });
        let source = source.map_err(|error| InstallError::Repository(error.into()))?;
        self.printer.working(Some(format!("reading and compiling {}", self.args.path.display())));
        let done = match self.what {
            What::Install => self.host.install_package(source, options).await,
            What::Update { .. } => self.host.update_package(source, options).await,
        };
        self.printer.working(None);
        done
    }

    /// Waits for the run of the update task; none if it did not start here.
    async fn update_task(
        &self,
        task: RegistrationId,
        control: &mut UnboundedReceiver<Control>,
    ) -> Result<Option<Completion>> {
        let mut fired: Option<ActivationId> = None;
        while let Ok(said) = control.try_recv() {
            let Control::Event(event) = said else { continue };
            match event.kind {
                EventKind::Fired { activation, .. } | EventKind::Duplicate { activation }
                    if event.registration == task =>
                {
                    fired = Some(activation);
                }
                _ => {}
            }
        }
        // Why it did not is printed with the other events.
        let Some(fired) = fired else { return Ok(None) };
        let activation = self.state.store.activation(fired).await.map_err(|e| store_failed(&e))?;
        if activation.is_none_or(|activation| activation.state == ActivationState::Pending) {
            self.printer.note("the update task waits: `dormouse serve` runs it");
            return Ok(None);
        }
        self.host.completed(fired).await.map(Some).map_err(|e| host_failed(&e))
    }

    fn tell_programs(&self, done: &Installation, updated: Option<&Completion>) {
        let event = match (done.unchanged, self.what) {
            (true, _) => "unchanged",
            (false, What::Install) => "installed",
            (false, What::Update { .. }) => "updated",
        };
        let dropped = done.dropped.iter();
        let dropped: Vec<_> =
            dropped.map(|gone| json!({ "id": gone.id, "name": gone.name, "reason": gone.reason })).collect();
        let never = done.contradictions.iter();
        let never: Vec<_> = never
            .map(|(name, one, other)| json!({ "registration": name, "conditions": [one, other] }))
            .collect();
        let line = json!({
            "event": event,
            "app": done.app,
            "version": done.version,
            "from": done.from,
            "not_granted": done.not_granted,
            "registered": done.registered,
            "dropped": dropped,
            "contradictions": never,
            "update_task": updated.map(|completion| outcome_line(&completion.run.outcome)).map(|line| json!(line)),
        });
        self.printer.line(line.to_string());
    }

    fn tell_people(&self, done: &Installation) {
        let line = |text: String| self.printer.line(clean(&text));
        match (&done.from, done.unchanged) {
            (_, true) => line(format!("{} {} is installed already: nothing changed", done.app, done.version)),
            (Some(from), false) => line(format!("updated {} from {from} to {}", done.app, done.version)),
            (None, false) => line(format!("installed {} {}", done.app, done.version)),
        }
        let names = self.host.registrations();
        for id in &done.registered {
            let known = names.iter().find(|known| known.registration.id == *id);
            let name = known.map(|known| known.registration.name.as_str()).unwrap_or_default();
            line(format!("  registered   {name:?} ({})", id.short()));
        }
        for gone in &done.dropped {
            line(format!("  dropped      {:?}: {}", gone.name, gone.reason));
        }
        for what in &done.not_granted {
            let flag = if what.starts_with("directory") { "--dir GUEST=PATH" } else { "--env NAME=VALUE" };
            line(format!("  not granted  {what}: install or update with {flag}"));
        }
        for (name, one, other) in &done.contradictions {
            line(format!("  {}", never(name, one, other)));
        }
    }
}

/// Texts of a package, made harmless for terminals.
fn clean(text: &str) -> String {
    crate::output::escape::escape(text).into_owned()
}
