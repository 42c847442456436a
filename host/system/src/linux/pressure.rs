//! The kernel's pressure stall information.
//!
//! The kernel tells when pressure begins ([`TRIGGER`]), never when it ends: while there is any, the averages are read
//! again every two seconds until they have fallen to nothing. A machine at rest is not looked at. What stays below
//! the trigger while a machine is at rest goes unnoticed, so a load limit of a few percent may be judged late.
//!
//! Where the kernel tells nothing (a file that cannot be written in a sandbox, a folder that is not the kernel's) the
//! averages are read every ten seconds.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Follower, awaited, read_at_most};
use crate::pressure::{Averages, Pressure, full_avg10, some_avg10};
use crate::report::{Found, Source};

/// Tell when some task stalled for 100 ms of 2 s: 5 %. Windows of whole two seconds are those that need no privilege.
const TRIGGER: &[u8] = b"some 100000 2000000\0";

/// How often the averages are read while there is pressure: as often as the kernel makes them.
const WHILE_PRESSURE: Duration = Duration::from_secs(2);

/// How often they are read where nobody tells.
const WITHOUT_NOTICES: Duration = Duration::from_secs(10);

const FILES: [&str; 3] = ["cpu", "memory", "io"];

/// A file has two lines of some sixty characters.
const FILE_BYTES_MAX: u64 = 4096;

/// The loop.
pub(crate) async fn run(follower: Follower, folder: PathBuf) {
    let mut stalls = Stalls::open(&folder);
    let mut held = None;
    loop {
        let (found, calm) = match averages(&folder) {
            Ok(averages) => {
                let now = Pressure::after(held, &averages);
                held = Some(now);
                follower.board.update(|facts| facts.pressure = Some(now));
                let how = match &stalls {
                    Ok(_) => "the kernel tells when there is any".to_owned(),
                    Err(why) => format!("read every {WITHOUT_NOTICES:?}: no notices: {why}"),
                };
                (Found::present(how), averages.is_calm())
            }
            Err(why) => {
                follower.board.update(|facts| facts.pressure = None);
                (Found::absent(format_args!("{}: {why}", folder.display())), true)
            }
        };
        let present = matches!(found, Found::Present { .. });
        follower.board.found(Source::Pressure, found);
        if !calm {
            follower.sleep(WHILE_PRESSURE).await;
            continue;
        }
        match &stalls {
            Ok(notices) if present => {
                if let Err(why) = notices.next().await {
                    stalls = Err(why);
                }
            }
            _ => follower.sleep(WITHOUT_NOTICES).await,
        }
    }
}

fn averages(folder: &Path) -> io::Result<Averages> {
    let text = |name: &str| {
        let bytes = read_at_most(&folder.join(name), FILE_BYTES_MAX)?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let some = |name: &str, text: &str| {
        some_avg10(text).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("`{name}` has no `some avg10=` from 0 to 100"))
        })
    };
    let [cpu, memory, io] = FILES;
    let stalls = text(memory)?;
    Ok(Averages {
        cpu: some(cpu, &text(cpu)?)?,
        memory: some(memory, &stalls)?,
        io: some(io, &text(io)?)?,
        memory_full: full_avg10(&stalls).unwrap_or_default(),
    })
}

/// The kernel's notices that there is pressure.
struct Stalls(Vec<AsyncFd<OwnedFd>>);

impl Stalls {
    fn open(folder: &Path) -> io::Result<Self> {
        FILES.map(|name| stall(&folder.join(name))).into_iter().collect::<io::Result<_>>().map(Self)
    }

    /// Waits until there is some.
    async fn next(&self) -> io::Result<()> {
        let files = self.0.iter().map(|file| Box::pin(file.ready(Interest::PRIORITY)));
        let (ready, ..) = futures::future::select_all(files).await;
        ready?.clear_ready();
        Ok(())
    }
}

fn stall(path: &Path) -> io::Result<AsyncFd<OwnedFd>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    // Anything else would be written to.
    if rustix::fs::fstatfs(&file)?.f_type != rustix::fs::PROC_SUPER_MAGIC {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "it is not the kernel's"));
    }
    // In one piece, or it is no trigger.
    let _whole = file.write(TRIGGER)?;
    awaited(file.into(), Interest::PRIORITY)
}

#[cfg(test)]
mod tests;
