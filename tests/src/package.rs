//! Packages that are written by a test or a measurement, and what cargo says to them.
//!
//! They stand in cargo's target directory, each a workspace of its own, depend on this tree's `tasker` by its path and use the versions
//! of its `Cargo.lock`: cargo needs no network. All of them build into one directory, so that dependencies are built once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use crate::target;

/// A package in a directory of its own.
#[derive(Debug)]
pub struct Package {
    name: String,
    directory: PathBuf,
    target: PathBuf,
}

/// What cargo came to.
#[derive(Debug)]
pub struct Said {
    /// Whether it ended well.
    pub success: bool,
    /// All that it wrote to its standard error.
    pub text: String,
}

impl Package {
    /// Starts the package anew, with `[dependencies]` as given. They may name this tree as `{tree}`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(name: &str, dependencies: &str) -> io::Result<Self> {
        let (tree, packages) = (tree(), target::directory().join("packages"));
        let (directory, target) = (packages.join(name), packages.join("target"));
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let dependencies = dependencies.replace("{tree}", &tree.display().to_string());
        let package = Self { name: name.to_owned(), directory, target };
        package.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\npublish = false\n\n\
                 [workspace]\n\n[dependencies]\n{dependencies}"
            ),
        )?;
        fs::copy(tree.join("Cargo.lock"), package.directory.join("Cargo.lock"))?;
        Ok(package)
    }

    /// Writes a file of it, such as `src/lib.rs`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.directory.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    }

    /// Its name, as cargo knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory that it is built into.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A command of cargo, such as `check`, in its directory.
    #[must_use]
    pub fn cargo(&self, command: &str) -> Command {
        let mut cargo = cargo(&self.target);
        cargo.current_dir(&self.directory).args([command, "--offline"]);
        cargo
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self { success: output.status.success(), text: String::from_utf8_lossy(&output.stderr).into_owned() }
    }
}

/// A cargo that builds into `target` and has nothing of the surroundings that changes what it builds.
#[must_use]
pub fn cargo(target: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for variable in
        ["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TERM_QUIET"]
    {
        cargo.env_remove(variable);
    }
    cargo.env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "0").env("CARGO_TERM_COLOR", "never");
    cargo
}

/// The directory of this tree.
#[must_use]
pub fn tree() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}
