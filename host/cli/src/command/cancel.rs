//! `dormouse cancel`.

use anstream::ColorChoice;
use dormouse::RunId;
use dormouse_control::api::{CancelRequest, RunOrRunning};

use super::which::{self, Thing};
use crate::cli::CancelArgs;
use crate::control::{self, Connection, Need, found};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn cancel(args: &CancelArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let request = CancelRequest { kill: args.kill, detail: args.detail.clone() };
        let mut page = Page::new();
        let mut told = false;
        for run in runs(host, args).await? {
            // None if it has ended meanwhile.
            if let Some(canceled) = found(host.cancel(run, &request).await)? {
                let how = if args.kill { "killed" } else { "canceled" };
                page.answer(args.json.json, &canceled, || vec![format!("{how} run {}", canceled.run)])?;
                told = true;
            }
        }
        if told { page.print(color, Exit::Success) } else { Err(nothing(&args.which)) }
    })
}

/// The runs that are meant and go on.
async fn runs(host: &Connection, args: &CancelArgs) -> Result<Vec<RunId>> {
    Ok(match which::thing(host, &args.which, args.of.app.as_ref()).await? {
        Thing::Registration(known) => {
            let running = host.running().await?.items.into_iter();
            running.filter(|run| run.registration == known.id).map(|run| run.run).collect()
        }
        Thing::Run(RunOrRunning::Running(run)) => vec![run.run],
        Thing::Run(RunOrRunning::Ended(_)) => Vec::new(),
        Thing::Activation(known) => known.run.into_iter().collect(),
    })
}

fn nothing(which: &str) -> Failure {
    Failure::new(Exit::Failed, format!("nothing of `{which}` runs"))
        .help("`dormouse runs` lists what runs and ran")
}
