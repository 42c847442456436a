//! `dormouse doctor`: what is found on this machine, and what is missing.

mod clock;
mod daemon;
mod disk;
mod finding;
mod machine;
mod measure;
mod resources;
mod sandbox;
mod state_directory;

use anstream::ColorChoice;

use self::clock::Begun;
use self::finding::{Finding, Level};
use crate::cli::DoctorArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host;
use crate::output::escape::escape;
use crate::output::{Page, Sheet};
use crate::state;

pub(crate) fn doctor(args: &DoctorArgs, color: ColorChoice) -> Result<Exit> {
    let home = state::home(&args.host.home)?;
    let begun = Begun::now();
    let runtime = host::runtime()?;
    let findings = runtime.block_on(async {
        let version = env!("CARGO_PKG_VERSION");
        let mut found = vec![Finding::new("version", Level::Ok, version, "of this program")];
        found.extend(daemon::daemon(&args.host).await);
        found.extend(sandbox::sandbox().await);
        found.extend(resources::resources());
        found.extend(state_directory::state_directory(&home));
        found.extend(clock::clock(&begun).await);
        found.extend(machine::machine().await?);
        Ok::<_, Failure>(found)
    });
    runtime.shutdown_background();
    print(&findings?, args.json.json, color)
}

fn print(findings: &[Finding], json: bool, color: ColorChoice) -> Result<Exit> {
    let broken = findings.iter().any(|finding| finding.level == Level::Bad);
    let exit = if broken { Exit::State } else { Exit::Success };
    let mut page = Page::new();
    if json {
        for finding in findings {
            page.json(finding)?;
        }
        return page.print(color, exit);
    }
    let mut sheet = Sheet::new(["WHAT", "LEVEL", "FOUND"]);
    for finding in findings {
        sheet.row([finding.what.clone(), finding.level.as_str().to_owned(), finding.found.clone()]);
    }
    page.line(sheet.text());
    for finding in findings.iter().filter(|finding| finding.level >= Level::Warn) {
        page.line(escape(&format!("{}: {}: {}", finding.level.as_str(), finding.what, finding.means)));
    }
    page.print(color, exit)
}
