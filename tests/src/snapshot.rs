//! Texts that are kept in the repository and compared with what is made now.

use std::path::Path;
use std::{env, fs};

/// Compares a text with the file of this name, seen from the package. `TASKER_SNAPSHOTS=overwrite` writes the file anew: read the difference
/// before it is committed.
///
/// # Panics
/// When they differ, with the first line that does, or when the file cannot be read or written.
pub fn check(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("TASKER_SNAPSHOTS").is_some_and(|what| what == "overwrite") {
        fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {file}: {error}"));
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {file}: {error}"));
    if kept == text {
        return;
    }
    let pairs = kept.lines().chain([""]).zip(text.lines().chain([""])).enumerate();
    let (line, (kept, made)) =
        pairs.into_iter().find(|(_, (kept, made))| kept != made).unwrap_or((0, ("", "")));
    panic!(
        "{file} differs in line {}:\n  kept: {kept}\n  made: {made}\n\
         If that is meant, TASKER_SNAPSHOTS=overwrite writes it anew.",
        line + 1
    );
}
