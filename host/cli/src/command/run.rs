//! `dormouse run`: one component, one registration, in the foreground.

pub(crate) mod component;
pub(crate) mod plan;
mod session;
mod tally;

use anstream::ColorChoice;
use dormouse::App;

use self::plan::{ENTRY_POINT, Plan};
use self::session::Session;
use crate::cli::RunArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::foreground::{self, Foreground};
use crate::host;
use crate::state::State;

pub(crate) fn run(args: RunArgs, color: ColorChoice) -> Result<Exit> {
    foreground::start_logs(args.output.verbose, None, color);
    let plan = Plan::new(&args)?;
    let file = component::file(&args)?;
    let engine = component::engine(args.host_limits.wasm_stack)?;
    let runtime = host::runtime()?;
    let component = runtime.block_on(component::load(&engine, &file))?;
    let app = plan.app.clone().unwrap_or_else(|| plan::app_of(&file));
    let mut install = App::new(app.clone()).entry_point(ENTRY_POINT, component).grants(plan.grants.clone());
    if let Some(quota) = plan.quota {
        install = install.quota(quota);
    }
    let state = State::open(args.state.state.as_deref())?;
    let (printer, thread, control) = foreground::printer(&args.output, color)?;
    let ended = runtime.block_on(async {
        let foreground = Foreground::new(printer, control)?;
        let mut session = Session::new(plan, app, state, foreground);
        let ended = session.run(engine, install).await;
        session.foreground.close(thread, ended).await
    });
    // What did not end when it was told to must not keep the program.
    runtime.shutdown_background();
    ended
}
