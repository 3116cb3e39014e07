//! A data directory and the process that serves it.
//!
//! Who calls makes sure that nobody else starts the same cluster meanwhile, and that a watcher is there to
//! stop it.

use std::fs::{self, File};
use std::io::{self, Error};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;

/// Sockets are named by a port, though nobody listens on one.
pub(super) const PORT: u16 = 5432;

/// A server that takes longer has hung. Machines that run many tests at once are slow.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Cluster {
    pub(super) programs: &'static Path,
    pub(super) account: Account,
    /// What `initdb` fills.
    pub(super) data: PathBuf,
    /// Where the socket is. At most 107 bytes with the name of the socket, says Linux.
    pub(super) sockets: PathBuf,
    /// What the server says.
    pub(super) log: PathBuf,
}

impl Cluster {
    /// A URL that sqlx and psql understand.
    pub(super) fn url(sockets: &Path, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}&port={PORT}", sockets.display())
    }

    /// Fills the data directory, whose parent belongs to the server's user.
    pub(super) fn create(&self) -> io::Result<()> {
        let output = self
            .command("initdb")
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres", "--no-sync", "-D"])
            .arg(&self.data)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::other(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim_end())))
    }

    /// Starts the server and waits until it takes queries.
    pub(super) fn start(&self, settings: &[(impl AsRef<str>, impl AsRef<str>)]) -> io::Result<Child> {
        let log = File::create(&self.log)?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).arg("-k").arg(&self.sockets).arg("-p").arg(PORT.to_string());
        for (key, value) in settings {
            command.arg("-c").arg(format!("{}={}", key.as_ref(), value.as_ref()));
        }
        let mut server = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let began = Instant::now();
        while self.ready() != Some(server.id()) {
            if let Some(status) = server.try_wait()? {
                return Err(self.failure(&format!("PostgreSQL ended with {status}")));
            }
            if began.elapsed() > PATIENCE {
                server.kill()?;
                server.wait()?;
                return Err(self.failure("PostgreSQL does not get ready"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    /// Whether there is a server that takes queries.
    pub(super) fn answers(&self) -> bool {
        self.ready().is_some() && UnixStream::connect(self.sockets.join(format!(".s.PGSQL.{PORT}"))).is_ok()
    }

    /// Ends a server that does not answer, if there is one, and forgets its files.
    pub(super) fn wipe(&self) -> io::Result<()> {
        if self.lives() {
            let mut stop = self.command("pg_ctl");
            stop.args(["stop", "-s", "-m", "immediate", "-t", "10", "-D"]).arg(&self.data);
            stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        }
        for directory in [&self.data, &self.sockets] {
            match fs::remove_dir_all(directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// A program of PostgreSQL that takes its options from us alone.
    fn command(&self, program: &str) -> Command {
        let mut command = self.account.command(self.programs.join(program));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
    }

    /// The process that says in its file that it takes queries. It may have died since.
    fn ready(&self) -> Option<u32> {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        (file.lines().nth(7)?.trim() == "ready").then(|| file.lines().next()?.parse().ok())?
    }

    /// Whether the process in the file is still this server: after a reboot it may be anybody.
    fn lives(&self) -> bool {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        let Some(process) = file.lines().next().filter(|process| !process.is_empty()) else { return false };
        if !Path::new("/proc/self/cmdline").exists() {
            return true;
        }
        let arguments = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == self.data.as_os_str().as_encoded_bytes())
    }

    fn failure(&self, what: &str) -> Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        Error::other(format!("{what}; its log:\n{}", log.trim_end()))
    }
}
