//! Redis and PostgreSQL, on Unix sockets in a folder of their own, with nothing else to do.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::child::{Reason, ended};
use crate::proc;

const READY: Duration = Duration::from_secs(30);
const END: Duration = Duration::from_secs(30);

/// The user of Debian's package, where PostgreSQL would be root.
const POSTGRES: &str = "postgres";

pub(crate) struct Server {
    child: Child,
    /// What ends it politely.
    signal: Signal,
    /// What its contender is told to connect to.
    pub(crate) address: String,
    /// What is to be said of it.
    pub(crate) what: String,
}

impl Server {
    /// Redis, which writes each command to its log, and has that on the disk as `appendfsync` says.
    pub(crate) fn redis(directory: &Path, appendfsync: &str) -> Result<Self, Reason> {
        let socket = directory.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", appendfsync]);
        command.arg("--unixsocket").arg(&socket).arg("--dir").arg(directory);
        let version = output(Command::new("redis-server").arg("--version"), "redis-server")?;
        let version = word_after(&version, "v=").unwrap_or("of some version").to_owned();
        let child = spawned(command, "redis-server")?;
        let server = Self {
            child,
            signal: Signal::TERM,
            address: socket.display().to_string(),
            what: format!("Redis {version}, appendfsync {appendfsync}"),
        };
        until("redis-server", || {
            let mut answer = [0; 5];
            UnixStream::connect(&socket)
                .and_then(|mut stream| {
                    stream.write_all(b"PING\r\n")?;
                    stream.read_exact(&mut answer)
                })
                .is_ok_and(|()| &answer == b"+PONG")
        })?;
        Ok(server)
    }

    /// PostgreSQL as it is by default.
    pub(crate) fn postgresql(directory: &Path) -> Result<Self, Reason> {
        let programs = postgresql_programs()?;
        let data = directory.join("data");
        if is_root() {
            // It refuses to be root, and has its socket in the folder.
            std::fs::create_dir(&data).map_err(|error| error.to_string())?;
            output(Command::new("chown").arg(POSTGRES).arg(&data), "chown")?;
            mode(directory, 0o777)?;
        }
        let mut initdb = as_postgres(&programs.join("initdb"));
        initdb.arg("-D").arg(&data);
        initdb.args(["-A", "trust", "-U", POSTGRES, "-E", "UTF8", "--locale", "C", "--no-instructions"]);
        output(&mut initdb, "initdb")?;
        let mut command = as_postgres(&programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-c", "listen_addresses="]);
        command.arg("-c").arg(format!("unix_socket_directories={}", directory.display()));
        let child = spawned(command, "postgres")?;
        let mut server = Self {
            child,
            signal: Signal::INT,
            address: format!("postgres:///bench?host={}&user={POSTGRES}", directory.display()),
            what: String::new(),
        };
        until("postgres", || {
            let mut ready = Command::new(programs.join("pg_isready"));
            ready.arg("-q").arg("-h").arg(directory).stdin(Stdio::null());
            ready.status().is_ok_and(|status| status.success())
        })?;
        let mut createdb = Command::new(programs.join("createdb"));
        output(createdb.arg("-h").arg(directory).args(["-U", POSTGRES, "bench"]), "createdb")?;
        let ask = |setting: &str| {
            let mut psql = Command::new(programs.join("psql"));
            psql.arg("-h").arg(directory).args([
                "-U",
                POSTGRES,
                "-At",
                "-c",
                &format!("show {setting}"),
                "bench",
            ]);
            output(&mut psql, "psql").map(|answer| answer.trim().to_owned())
        };
        let [version, fsync, commit] = ["server_version", "fsync", "synchronous_commit"].map(ask);
        let (version, fsync, commit) = (version?, fsync?, commit?);
        let version = version.split_whitespace().next().unwrap_or_default();
        server.what = format!("PostgreSQL {version}, fsync {fsync}, synchronous_commit {commit}");
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn cpu_ns(&self) -> u64 {
        proc::cpu_ns(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), self.signal);
        ended(&mut self.child, END);
    }
}

fn spawned(mut command: Command, name: &str) -> Result<Child, Reason> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| missing(name, &error))
}

/// What a program printed that ended well.
pub(crate) fn output(command: &mut Command, name: &str) -> Result<String, Reason> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| missing(name, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().find(|line| line.starts_with("error")).or_else(|| said.lines().last());
    Err(format!("`{name}` ended with {}: {}", output.status, error.unwrap_or("it says nothing")))
}

fn missing(name: &str, error: &std::io::Error) -> Reason {
    format!("`{name}` does not start ({error}): install it")
}

fn until(name: &str, is_ready: impl Fn() -> bool) -> Result<(), Reason> {
    let begun = Instant::now();
    while begun.elapsed() < READY {
        if is_ready() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(format!("`{name}` is not ready after {READY:?}"))
}

/// Where Debian has them, the newest; they are on no path.
fn postgresql_programs() -> Result<PathBuf, Reason> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| version(path));
    match newest {
        Some(newest) => Ok(newest.join("bin")),
        None => {
            let folder = output(Command::new("pg_config").arg("--bindir"), "pg_config")?;
            Ok(PathBuf::from(folder.trim()))
        }
    }
}

fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", POSTGRES, "--regid", POSTGRES, "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn mode(path: &Path, mode: u32) -> Result<(), Reason> {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).map_err(|error| error.to_string())
}

fn word_after<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_whitespace().next()
}
