//! The program, on a machine of the test's own: a bus with a logind that does as it is told, and an `/etc` of which
//! only this program knows. Needs root, and the Debian packages dbus, python3-dbusmock, tzdata and util-linux.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=FOLDER/bus</listen>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"#;

/// A process that does not outlive its handle.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines that a process writes. Waiting for one has no limit of its own: that is the test runner's.
struct Lines {
    from: BufReader<ChildStdout>,
    seen: String,
}

impl Lines {
    fn of(child: &mut Child) -> Self {
        let from = BufReader::new(child.stdout.take().expect("its output is ours"));
        Self { from, seen: String::new() }
    }

    /// The next line that begins with `begin`.
    fn until(&mut self, begin: &str) -> String {
        loop {
            let mut line = String::new();
            let len = self.from.read_line(&mut line).expect("it writes text");
            assert!(len > 0, "it ended before {begin:?} came:\n{}", self.seen);
            self.seen.push_str(&line);
            if line.starts_with(begin) {
                return line.trim_end().to_owned();
            }
        }
    }
}

struct Machine {
    folder: tempfile::TempDir,
    _processes: Vec<Process>,
    address: String,
}

const SESSION: &str = "/org/freedesktop/login1/session/c1";

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a name in UTF-8").to_owned();
        std::fs::write(folder.path().join("bus.conf"), CONFIG.replace("FOLDER", &path)).expect("a file");
        let mut daemon = Command::new("dbus-daemon")
            .args([&format!("--config-file={path}/bus.conf"), "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs `dbus-daemon`, of the Debian package dbus");
        Lines::of(&mut daemon).until("unix:");
        let address = format!("unix:path={path}/bus");
        let mut logind = Command::new("/usr/bin/python3")
            .args(["-u", "-m", "dbusmock", "--template", "logind"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs Debian's python3 and python3-dbusmock");
        std::fs::create_dir(folder.path().join("etc")).expect("a folder");
        let processes = vec![Process(daemon)];
        let mut machine = Self { folder, _processes: processes, address };
        machine.set_time_zone("Etc/UTC");
        // It is there when it answers.
        while !machine.call(
            "/org/freedesktop/login1",
            "AddSession",
            &["string:c1", "string:seat0", "uint32:1000", "string:anna", "boolean:true"],
        ) {
            assert_eq!(
                logind.try_wait().expect("it is a child"),
                None,
                "the Debian package python3-dbusmock is missing"
            );
            std::thread::yield_now();
        }
        machine._processes.push(Process(logind));
        machine
    }

    /// Calls a method of the mock; answers whether it did it.
    fn call(&self, path: &str, method: &str, arguments: &[&str]) -> bool {
        self.send(path, &format!("org.freedesktop.DBus.Mock.{method}"), arguments)
    }

    fn send(&self, path: &str, method: &str, arguments: &[&str]) -> bool {
        let sent = Command::new("dbus-send")
            .arg(format!("--bus={}", self.address))
            .args(["--print-reply", "--dest=org.freedesktop.login1", path, method])
            .args(arguments)
            .output()
            .expect("this test needs `dbus-send`, of the Debian package dbus");
        sent.status.success()
    }

    fn lock(&self, locked: bool) {
        let value = format!("variant:boolean:{locked}");
        let of = "string:org.freedesktop.login1.Session";
        let done =
            self.send(SESSION, "org.freedesktop.DBus.Properties.Set", &[of, "string:LockedHint", &value]);
        assert!(done, "the session is there");
    }

    /// As every tool does it: a new link, in the place of the old.
    fn set_time_zone(&self, zone: &str) {
        let etc = self.folder.path().join("etc");
        symlink(Path::new("/usr/share/zoneinfo").join(zone), etc.join("localtime.new")).expect("a link");
        std::fs::rename(etc.join("localtime.new"), etc.join("localtime")).expect("it takes its place");
    }

    /// The program, in a view of the file system in which `/etc` is this machine's.
    fn program(&self) -> Child {
        let etc = self.folder.path().join("etc");
        let script = "mount --bind \"$0\" /etc && exec \"$@\"";
        Command::new("unshare")
            .args(["--mount", "sh", "-c", script])
            .arg(etc)
            .arg(env!("CARGO_BIN_EXE_embed-system"))
            .arg(self.folder.path().join("state"))
            .arg(test_examples::TIME_ZONE)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.address)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs `unshare`, of the Debian package util-linux, and root")
    }
}

#[test]
fn a_time_zone_change_is_written_down_as_soon_as_somebody_is_there_to_see_it() {
    let machine = Machine::new();
    machine.lock(true);
    let mut child = machine.program();
    let mut lines = Lines::of(&mut child);
    let mut program = Process(child);
    assert!(lines.until("registered ").ends_with("access: allowed-subject-to-policy"));

    machine.set_time_zone("Asia/Tokyo");
    lines.until("the time zone changed");
    assert_eq!(lines.until("latched: "), "latched: user-present is unmet");
    machine.lock(false);
    lines.until("progress 100");
    assert_eq!(lines.until("completed: "), "completed: succeeded");
    assert_eq!(lines.until("change "), "change 1, told 1 of them at once");

    // Another name for the same time is no change (UWP-048); what follows is.
    machine.set_time_zone("Asia/Seoul");
    machine.set_time_zone("Europe/Berlin");
    lines.until("completed: succeeded");
    lines.until("change 1, ");
    assert_eq!(lines.until("change "), "change 2, told 1 of them at once");

    let told =
        Command::new("kill").args(["-INT", &program.0.id().to_string()]).status().expect("kill is there");
    assert!(told.success());
    lines.until("it waits for its system trigger");
    assert!(program.0.wait().expect("it is a child").success());
}
