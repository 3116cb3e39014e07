//! Who runs the server: PostgreSQL refuses to be root, so root steps down to the user `postgres`.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Unavailable;

/// The user of this process, and the one of its servers.
#[derive(Clone, Copy)]
pub(super) struct Account {
    own: u32,
    /// User and group of the server where they are not those of this process.
    other: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn find() -> Result<Self, Unavailable> {
        // A new file belongs to who made it; std has no other way to ask for the user.
        let own = tempfile::tempfile()
            .and_then(|file| file.metadata())
            .map_err(|error| Unavailable::failed("a temporary file", &error))?
            .uid();
        if own != 0 {
            return Ok(Self { own, other: None });
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let postgres = ids(&users, "postgres").ok_or_else(|| {
            Unavailable::because(
                "PostgreSQL does not run as root, and there is no user `postgres` in /etc/passwd to run it",
            )
        })?;
        Ok(Self { own, other: Some(postgres) })
    }

    /// The user of this process.
    pub(super) fn own(self) -> u32 {
        self.own
    }

    /// Lets the server's user do with `path` as it likes.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        match self.other {
            Some((user, group)) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Whether `path` belongs to nobody else.
    pub(super) fn owns(self, path: &Path) -> io::Result<bool> {
        let user = fs::metadata(path)?.uid();
        Ok(user == self.own || self.other.is_some_and(|(postgres, _)| user == postgres))
    }

    /// Whether the server's user gets to what is in `directory`: root's home is closed to it.
    pub(super) fn reaches(self, directory: &Path) -> bool {
        let open = |path: &Path| fs::metadata(path).is_ok_and(|found| found.mode() & 0o001 != 0);
        self.other.is_none() || directory.ancestors().all(open)
    }

    /// `program` as the server's user, out of reach of the terminal's Ctrl-C.
    pub(super) fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir("/").env("LC_ALL", "C").process_group(0);
        if let Some((user, group)) = self.other {
            command.uid(user).gid(group);
        }
        command
    }
}

/// User and group of `name` in the text of `/etc/passwd`.
fn ids(users: &str, name: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some((ids.next()?.ok()?, ids.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:PG,,:/:/bin/sh\n";
        assert_eq!(ids(users, "postgres"), Some((101, 104)));
        assert_eq!(ids(users, "post"), None);
    }
}
