//! The package that is opened in the editor. It lies in the target directory and is the same each time, so that the proc macros that it
//! needs are built once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The sources, by their paths in the package.
pub(crate) const SOURCES: [(&str, &str); 2] =
    [("src/lib.rs", include_str!("shop/lib.rs")), ("src/workflows.rs", include_str!("shop/workflows.rs"))];

pub(crate) struct Shop {
    pub(crate) root: PathBuf,
    /// Where cargo builds what it needs.
    pub(crate) target: PathBuf,
    /// The sources of the standard library.
    pub(crate) library: PathBuf,
}

impl Shop {
    /// Writes it; `library` is where rustup puts the sources of the standard library.
    pub(crate) fn write(library: &Path) -> io::Result<Self> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
        let (root, target) = (home.join("shop"), home.join("target"));
        fs::create_dir_all(root.join("src"))?;
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        write(&root.join("Cargo.toml"), &manifest(&repository.join("tasker")))?;
        // What is locked here is there already, so that nothing is downloaded.
        write(&root.join("Cargo.lock"), &fs::read_to_string(repository.join("Cargo.lock"))?)?;
        for (path, text) in SOURCES {
            write(&root.join(path), text)?;
        }
        Ok(Self { root, target, library: bare(library, &home.join("library"))? })
    }
}

/// The standard library without its manifest: where there is one, rust-analyzer has cargo look for the dependencies of the standard
/// library, which are not there unless they are downloaded, and then reads none of it.
fn bare(library: &Path, link: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(link)?;
    for entry in fs::read_dir(library)? {
        let entry = entry?;
        let link = link.join(entry.file_name());
        if entry.file_type()?.is_dir() && fs::read_link(&link).ok() != Some(entry.path()) {
            if link.is_symlink() {
                fs::remove_file(&link)?; // of another toolchain
            }
            std::os::unix::fs::symlink(entry.path(), link)?;
        }
    }
    Ok(link.to_path_buf())
}

/// Leaves a file alone that is right already: what has a newer time is built anew.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    fs::write(path, text)
}

fn manifest(tasker: &Path) -> String {
    format!(
        r#"[package]
name = "shop"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
schemars = "1"
serde = "1"
tasker = {{ path = '{}', default-features = false }}

# Not a part of the repository that it lies in.
[workspace]
"#,
        tasker.display()
    )
}
