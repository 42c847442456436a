//! Commands, in this process and in real time.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::sync::OnceLock;

use dormouse::command::{Exit, Input, Invocation, Output, Program};
use dormouse::{Engine, EngineConfig, Grants, Host, LimitsRequest};
use dormouse_control::api::LimitsView;
use tokio::io::{AsyncRead, AsyncReadExt as _, duplex};

use super::super::commands::{End, answer};
use crate::protocol::{self, Limits, Reply};

/// What of an output is kept, and what waits to be, in bytes.
const OUTPUT_MAX: u64 = 1024 * 1024;
const WAITS: usize = 64 * 1024;

/// One engine for all: making one costs more than most commands.
fn engine() -> Result<Engine, Reply> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let made = Engine::new(&EngineConfig::default()).map_err(Reply::failed)?;
    Ok(ENGINE.get_or_init(|| made).clone())
}

/// Runs a command to its end.
pub(super) fn run(
    program: &protocol::Program,
    args: &[String],
    env: &BTreeMap<String, String>,
    stdin: String,
    limits: &Limits,
) -> Result<Reply, Reply> {
    let bytes = fs::read(&program.path).map_err(Reply::failed)?;
    let compiled = Program::compile(&engine()?, &bytes);
    let compiled = compiled.map_err(|error| Reply::refused("component", error))?;
    let limits = serde_json::to_value(limits).map_err(Reply::failed)?;
    let limits: LimitsView = serde_json::from_value(limits).map_err(Reply::failed)?;
    let mut grants = Grants::none();
    for (name, value) in env {
        grants = grants.with_env(name, value).map_err(Reply::failed)?;
    }
    let (stdout, mut from_stdout) = duplex(WAITS);
    let (stderr, mut from_stderr) = duplex(WAITS);
    let invocation = Invocation {
        args: std::iter::once(program.name.clone()).chain(args.iter().cloned()).collect(),
        grants,
        limits: LimitsRequest::try_from(&limits).map_err(Reply::failed)?,
        stdin: Input::new(Cursor::new(stdin.into_bytes())),
        stdout: Output::new(stdout),
        stderr: Output::new(stderr),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Reply::failed)?;
    runtime.block_on(async {
        let running = compiled.start(Host::builder(), invocation).await.map_err(Reply::failed)?;
        let (ended, stdout, stderr) =
            tokio::join!(running.ended(), kept(&mut from_stdout), kept(&mut from_stderr));
        let end = match ended.map_err(Reply::failed)?.exit {
            Exit::Code(code) => End::Exited(code),
            Exit::Limit => End::Limit,
            Exit::Trapped => End::Trapped,
            other => {
                return Err(Reply::failed(format_args!("nobody stopped the command, and it is {other:?}")));
            }
        };
        Ok(answer(&end, &stdout.map_err(Reply::failed)?, &stderr.map_err(Reply::failed)?))
    })
}

async fn kept(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&mut *from).take(OUTPUT_MAX).read_to_end(&mut bytes).await?;
    tokio::io::copy(from, &mut tokio::io::sink()).await?;
    Ok(bytes)
}
