//! What is asked of a daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dormouse_control::api::{
    CancelRequest, Code, ConsentRequest, FireRequest, InstallRequest, QuotaRequest, RegisterRequest,
    SignalRequest,
};
use dormouse_control::client::{Client, ClientError, Endpoint, RegistrationsQuery, RunsQuery};
use dormouse_core::TriggerKind;
use serde_json::json;
use tempfile::TempDir;

use super::super::library::access;
use super::super::{as_told, library::signaled, wishes};
use crate::hex;
use crate::protocol::{App, DirectoryAccess, Op, Program, Quota, Registration, Reply, Trigger};

/// Asks a daemon.
#[derive(Debug)]
pub(super) struct Acts {
    client: Client,
    /// Where packages and directories are made.
    files: TempDir,
    /// Registrations with an application trigger.
    applications: BTreeSet<String>,
}

fn or_failed<T>(done: Result<T, impl std::fmt::Display>) -> Result<T, Reply> {
    done.map_err(Reply::failed)
}

fn or_refused<T>(done: Result<T, ClientError>) -> Result<T, Reply> {
    done.map_err(|error| match error.problem() {
        Some(problem) => wishes::refused(problem),
        None => Reply::failed(error),
    })
}

impl Acts {
    /// For the daemon on this state directory; packages and directories are made in `files`.
    pub(super) fn new(state: &Path, files: TempDir) -> Self {
        let client = Client::connect(Endpoint::Unix(state.join("dormouse.sock")));
        Self { client, files, applications: BTreeSet::new() }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn act(&mut self, op: Op) -> Result<Reply, Reply> {
        let client = &self.client;
        Ok(match op {
            Op::Install { app, program } => {
                self.install(&app, &program).await?;
                Reply::done()
            }
            Op::Register { registration } => {
                let made = or_refused(client.register(&request(&registration)?).await)?;
                if registration.trigger == Some(Trigger::Application {}) {
                    self.applications.insert(made.id.to_string());
                }
                Reply::ok(json!({ "registration": made.id }))
            }
            Op::Validate { registration } => {
                or_refused(client.validate(&request(&registration)?).await)?;
                Reply::done()
            }
            Op::Unregister { registration, cancel } => {
                or_refused(client.unregister(or_failed(registration.parse())?, cancel).await)?;
                Reply::done()
            }
            Op::Fire { registration, arguments, key } => {
                let empty = || self.applications.contains(&registration).then(String::new);
                let arg_base64 = match arguments.or_else(empty) {
                    Some(digits) => {
                        let bytes = hex::decode(&digits)
                            .ok_or_else(|| Reply::failed("the arguments are no bytes"))?;
                        Some(BASE64_STANDARD.encode(bytes))
                    }
                    None => None,
                };
                let request = FireRequest { arg: None, arg_base64, key };
                Reply::ok(or_refused(client.fire(or_failed(registration.parse())?, &request).await)?)
            }
            Op::Signal { topic, content_type, body } => {
                let body = hex::decode(&body).ok_or_else(|| Reply::failed("the body is no bytes"))?;
                let body_base64 = Some(BASE64_STANDARD.encode(body));
                let request =
                    SignalRequest { topic, content_type: Some(content_type), body: None, body_base64 };
                let fired = or_refused(client.signal(&request).await)?;
                let fired: Vec<_> = fired.items.iter().map(signaled).collect();
                Reply::ok(json!({ "fired": fired }))
            }
            Op::Access { app, access: decided } => {
                or_refused(client.set_access(&wishes::app(&app)?, access(decided)).await)?;
                Reply::done()
            }
            Op::Cancel { run, kill } => {
                let request = CancelRequest { kill, detail: Some("a conformance case".to_owned()) };
                let canceled = client.cancel(or_failed(run.parse())?, &request).await;
                match canceled.as_ref().err().and_then(ClientError::problem).map(|problem| problem.code) {
                    Some(Code::Conflict | Code::NotFound) => {
                        Reply::refused("ended", "the run does not go on")
                    }
                    _ => or_refused(canceled).map(|_| Reply::done())?,
                }
            }
            Op::List { app } => {
                let query =
                    RegistrationsQuery { app: Some(wishes::app(&app)?), ..RegistrationsQuery::default() };
                let all = or_refused(client.registrations(&query).await)?;
                let listed = all.items.iter().map(|one| {
                    json!({ "registration": one.id, "name": one.name, "group": one.group, "status": one.status.as_str() })
                });
                Reply::ok(json!({ "registrations": listed.collect::<Vec<_>>() }))
            }
            Op::History { registration } => {
                let query = RunsQuery {
                    registration: Some(or_failed(registration.parse())?),
                    ..RunsQuery::default()
                };
                let runs = or_refused(client.runs(&query).await)?.items;
                as_told::recorded(runs.iter().rev())?
            }
            other => {
                return Err(Reply::Unsupported(format!("a daemon cannot be asked for `{}`", other.word())));
            }
        })
    }

    /// Makes a package of the app, and installs it.
    async fn install(&self, app: &App, program: &Program) -> Result<(), Reply> {
        let package = self.files.path().join(&app.name);
        or_failed(fs::create_dir_all(&package))?;
        or_failed(fs::copy(&program.path, package.join("main.wasm")))?;
        or_failed(fs::write(package.join("dormouse.toml"), manifest(app)))?;
        let mut directories = BTreeMap::new();
        for (index, wanted) in app.directories.iter().enumerate() {
            let dir = self.files.path().join(format!("{}-{index}", app.name));
            or_failed(fs::create_dir_all(&dir))?;
            for (name, text) in &wanted.files {
                or_failed(fs::write(dir.join(name), text))?;
            }
            directories.insert(wanted.path.clone(), dir.to_string_lossy().into_owned());
        }
        let archive = self.files.path().join(format!("{}.tar.gz", app.name));
        let to = or_failed(fs::File::create(&archive))?;
        #[expect(clippy::disallowed_methods, reason = "the folder is this adapter's own, and temporary")]
        let dir = or_failed(cap_std::fs::Dir::open_ambient_dir(&package, cap_std::ambient_authority()))?;
        or_failed(dormouse::package::pack(&dir, to))?;
        let upload = or_refused(self.client.upload(&archive).await)?.upload;
        let request = InstallRequest {
            upload,
            sha256: None,
            consent: ConsentRequest::All,
            directories,
            env: BTreeMap::new(),
            allow_downgrade: false,
        };
        or_refused(self.client.install(&request).await)?;
        if let Some(Quota { cpu_ms, window_ms }) = app.quota {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ms are longer than any window")]
            let quota = QuotaRequest::Limited { cpu_ms: cpu_ms as f64, window_ms: window_ms as f64 };
            or_refused(self.client.set_quota(&wishes::app(&app.name)?, Some(quota)).await)?;
        }
        Ok(())
    }
}

/// `dormouse.toml`. Texts of cases are quoted as JSON has it, which TOML reads.
fn manifest(app: &App) -> String {
    let all = || TriggerKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    let triggers: Vec<String> = app.triggers.clone().unwrap_or_else(all);
    let directories = app.directories.iter().map(|wanted| {
        let access = match wanted.access {
            DirectoryAccess::ReadOnly => "read-only",
            DirectoryAccess::ReadWrite => "read-write",
        };
        format!("{:?} = {access:?}\n", wanted.path)
    });
    let directories: String = directories.collect();
    format!(
        "[package]\nname = {:?}\nversion = \"1.0.0\"\n\n[entry-points.main]\ncomponent = \"main.wasm\"\n\
         triggers = {triggers:?}\n\n[capabilities]\nclass = \"maintenance\"\n\n\
         [capabilities.directories]\n{directories}",
        app.name
    )
}

fn request(wish: &Registration) -> Result<RegisterRequest, Reply> {
    match &wish.trigger {
        Some(trigger) => wishes::registration(wish, wishes::trigger(trigger)?),
        None => Err(Reply::Unsupported("the control API has no way to leave the trigger out".to_owned())),
    }
}
