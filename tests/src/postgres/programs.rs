//! Where PostgreSQL's programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::Unavailable;

/// The directory with `initdb`, `postgres`, `pg_ctl` and `psql`, all of one version.
pub(super) fn server_programs() -> Result<&'static Path, Unavailable> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let complete = |directory: &PathBuf| {
            ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|program| directory.join(program).is_file())
        };
        path()
            .find(complete)
            .or_else(|| debian().into_iter().find(complete))
            .or_else(|| pg_config().filter(complete))
    });
    found.as_deref().ok_or_else(|| {
        Unavailable::because(
            "PostgreSQL is neither on the PATH nor in /usr/lib/postgresql, and `pg_config` knows none",
        )
    })
}

/// `psql`, which may also be there without a server.
pub(super) fn psql() -> Result<PathBuf, Unavailable> {
    // First the one beside the server: Debian's on the PATH is a slow script that looks for it.
    if let Ok(directory) = server_programs() {
        return Ok(directory.join("psql"));
    }
    on_path("psql").ok_or_else(|| Unavailable::because("there is no `psql` on the PATH"))
}

/// The first `program` on the PATH.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    path().map(|directory| directory.join(program)).find(|file| file.is_file())
}

fn path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|directory| directory.is_absolute()).collect::<Vec<_>>().into_iter()
}

/// Debian keeps every major version apart, and none on the PATH. The newest comes first.
fn debian() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, directory)| directory).collect()
}

fn pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim_end()))
}
