//! Where the test processes of one target directory meet, and the locks by which they agree.
//!
//! | file | held |
//! |---|---|
//! | `start.lock` | exclusively, by who starts or stops the server |
//! | `holders.lock` | shared, by every test process until it ends; each adds a byte to it |
//! | `watcher.lock` | exclusively, by the watcher |
//!
//! The kernel gives locks back when a process ends, however it ends. `start.lock` is the first to be taken
//! and the last to be removed, so that who holds the file of that name is alone with everything else.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Error, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::cluster::Cluster;
use super::programs;
use crate::target;

const WATCHER: &str = include_str!("home/watcher.sh");

/// Seconds from the last holder's end to the server's.
const LINGER: &str = "5";

/// The space that a server with many databases takes.
const ROOM_KB: u64 = 512 * 1024;

pub(super) struct Home {
    directory: PathBuf,
    account: Account,
}

impl Home {
    pub(super) fn find(account: Account) -> Self {
        let directory = env::var_os("TASKER_TEST_PG_HOME").map_or_else(
            || {
                let mut hasher = DefaultHasher::new();
                (account.own(), target::directory()).hash(&mut hasher);
                PathBuf::from(format!("/tmp/tasker-pg-{:016x}", hasher.finish()))
            },
            PathBuf::from,
        );
        Self { directory, account }
    }

    pub(super) fn sockets(&self) -> PathBuf {
        self.directory.join("sockets")
    }

    /// Where templates are locked while they are prepared. It exists as long as the server does.
    pub(super) fn templates(&self) -> PathBuf {
        self.directory.join("templates")
    }

    /// Makes this process a holder of the server, which is started if there is none. The server stays until
    /// the returned file is closed.
    pub(super) fn hold(&self) -> io::Result<File> {
        let start = self.lock_start()?;
        let holder = self.open("holders.lock")?;
        holder.lock_shared()?;
        (&holder).write_all(b".")?;
        let watcher = self.open("watcher.lock")?;
        let there_is_one = watcher.try_lock().is_err();
        let clusters: Vec<_> = self.places().map(|place| self.cluster(&place)).collect::<io::Result<_>>()?;
        let running = clusters.iter().any(Cluster::answers);
        if !there_is_one {
            self.watch(watcher)?;
        }
        if !running {
            self.start()?;
        }
        drop(start);
        Ok(holder)
    }

    fn start(&self) -> io::Result<()> {
        for place in self.places() {
            self.cluster(&place)?.wipe()?;
        }
        let place = self.places().find(|place| has_room(place)).unwrap_or_else(|| self.disk());
        let cluster = self.cluster(&place)?;
        for directory in [place.as_path(), &cluster.sockets, &self.templates()] {
            fs::create_dir_all(directory)?;
            // Who owns a directory can remove what others put into it.
            self.account.give(directory)?;
        }
        fs::set_permissions(&cluster.sockets, Permissions::from_mode(0o700))?;
        cluster.create()?;
        let settings = [
            ("listen_addresses", ""),
            ("max_connections", "300"),
            // Nothing has to survive the machine.
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            // The log of what was written may be in memory.
            ("max_wal_size", "128MB"),
            // Databases are gone before it would find anything to do.
            ("autovacuum", "off"),
        ];
        // Who stops it is the watcher; a handle would not help.
        drop(cluster.start(&settings)?);
        Ok(())
    }

    /// Starts the watcher, which inherits the lock as its input.
    fn watch(&self, lock: File) -> io::Result<()> {
        if programs::on_path("flock").or_else(|| programs::on_path("perl")).is_none() {
            return Err(Error::other("there is neither `flock` nor `perl` to wait for the end of the tests"));
        }
        let programs = programs::server_programs().map_err(Error::other)?;
        let linger = env::var_os("TASKER_TEST_PG_LINGER").unwrap_or_else(|| LINGER.into());
        let mut watcher = self.account.command("/bin/sh");
        watcher
            .args(["-c", WATCHER, "watcher"])
            .arg(&self.directory)
            .arg(linger)
            .arg(programs.join("pg_ctl"));
        watcher.args(self.places());
        watcher.stdin(Stdio::from(lock)).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(())
    }

    /// Directories for data, the fastest first. An earlier server may be in any of them.
    fn places(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let memory = self.directory.file_name().map(|name| Path::new("/dev/shm").join(name));
        memory.filter(|_| Path::new("/dev/shm").is_dir()).into_iter().chain([self.disk()])
    }

    fn disk(&self) -> PathBuf {
        self.directory.join("disk")
    }

    fn cluster(&self, place: &Path) -> io::Result<Cluster> {
        Ok(Cluster {
            programs: programs::server_programs().map_err(Error::other)?,
            account: self.account,
            data: place.join("data"),
            sockets: self.sockets(),
            log: place.join("log"),
        })
    }

    fn lock_start(&self) -> io::Result<File> {
        loop {
            fs::create_dir_all(&self.directory)?;
            if !self.account.owns(&self.directory)? {
                return Err(Error::other(format!("{} belongs to somebody else", self.directory.display())));
            }
            self.account.give(&self.directory)?;
            let file = match self.open("start.lock") {
                // The watcher has just removed the directory.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => file?,
            };
            file.lock()?;
            // While we waited the watcher may have removed it, and others may have made a new one.
            let current = fs::metadata(self.directory.join("start.lock"));
            if current.is_ok_and(|current| file.metadata().is_ok_and(|ours| ours.ino() == current.ino())) {
                return Ok(file);
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<File> {
        let path = self.directory.join(name);
        let file = OpenOptions::new().create(true).append(true).read(true).open(&path)?;
        self.account.give(&path)?;
        Ok(file)
    }
}

/// Whether there is room for a server at `place`; if nobody knows, there is none.
fn has_room(place: &Path) -> bool {
    let file_system = place.parent().map_or_else(OsString::new, |parent| parent.as_os_str().to_owned());
    let Ok(output) = Command::new("df").args(["-Pk", "--"]).arg(file_system).stdin(Stdio::null()).output()
    else {
        return false;
    };
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let free = table.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    free.and_then(|free| free.parse::<u64>().ok()).is_some_and(|free| free > ROOM_KB)
}
