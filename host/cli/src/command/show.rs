//! `dormouse show`: all that is known of an app, a registration, a run or an activation.

mod activation;
mod app;
mod registration;
mod run;

use anstream::ColorChoice;
use dormouse::AppId;

use super::which::{self, Thing};
use crate::cli::ShowArgs;
use crate::control::{self, Connection, Need, found};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn show(args: &ShowArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Judge, async |host| page(host, args).await?.print(color, Exit::Success))
}

async fn page(host: &Connection, args: &ShowArgs) -> Result<Page> {
    let json = args.json.json;
    // A registration that is called as an app is found as APP/NAME.
    if args.app.is_none()
        && let Ok(name) = AppId::new(&args.which)
        && let Some(known) = found(host.app(&name).await)?
    {
        return app::page(host, &known, json).await;
    }
    match which::thing(host, &args.which, args.app.as_ref()).await? {
        Thing::Registration(known) => registration::page(host, &known, json).await,
        Thing::Run(known) => run::page(host, &known, json).await,
        Thing::Activation(known) => activation::page(host, &known, json),
    }
}
