//! What conditions and system events are read from.

use dormouse_system::Found;

use super::{Finding, Level};
use crate::error::Result;
use crate::host;

pub(super) async fn machine() -> Result<Vec<Finding>> {
    let machine = host::machine()?;
    machine.ready().await;
    let report = machine.report();
    let found = report.iter().map(|(source, found)| {
        let (level, text, means) = match found {
            Found::Present { how } => (Level::Ok, how.clone(), "it is followed"),
            Found::Absent { why } => {
                (Level::Absent, why.clone(), "conditions that only it knows of are unknown, and do not hold")
            }
            Found::NotYet => (Level::Warn, found.to_string(), "it did not answer in time: look again"),
        };
        Finding::new(source.as_str(), level, text, means)
    });
    Ok(found.collect())
}
