//! Where cargo builds.

use std::env;
use std::path::{Path, PathBuf};

/// The directory that cargo builds into, found from the program that runs.
pub(crate) fn directory() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    target.map_or_else(env::temp_dir, Path::to_path_buf)
}
