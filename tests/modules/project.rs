//! A generated package: where it is, what cargo makes of it, and what rustc says to it.
//!
//! The package is in a temporary directory, which is kept when something is wrong with it. What it depends on is compiled once, into a
//! directory within the repository's target directory, which all packages and runs share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::place::Place;

pub(crate) struct Project(TempDir);

/// What rustc says in one place.
pub(crate) struct Diagnostic {
    pub(crate) level: String,
    pub(crate) text: String,
    /// From the root of the package.
    pub(crate) file: String,
    pub(crate) place: Option<Place>,
    /// As users see it.
    pub(crate) rendered: String,
}

/// What rustc says to a whole package, by the name of the target: the library, or one of the programs.
pub(crate) struct Diagnostics(BTreeMap<String, Vec<Diagnostic>>);

impl Project {
    /// An empty package whose library is `stage.rs`.
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("tasker-modules-").tempdir().expect("a directory");
        let project = Self(directory);
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        project.write("Cargo.toml", &manifest(name, &repository.join("tasker")));
        project.write("src/lib.rs", include_str!("stage.rs"));
        // The versions that are there, because nothing is fetched.
        std::fs::copy(repository.join("Cargo.lock"), project.0.path().join("Cargo.lock"))
            .expect("a lock file");
        project
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    /// Runs cargo in the package.
    pub(crate) fn cargo(&self, args: &[&str]) -> Diagnostics {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(self.0.path())
            .args(args)
            .args(["--offline", "--keep-going", "--message-format=json"])
            .env("CARGO_TARGET_DIR", target())
            .stdin(Stdio::null())
            .output()
            .expect("cargo");
        let said = Diagnostics::read(&String::from_utf8_lossy(&output.stdout));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(said.built || said.diagnostics.says_error(), "cargo failed: {stderr}");
        assert!(!said.diagnostics.0.contains_key("stage"), "the library of the package is wrong: {stderr}");
        said.diagnostics
    }

    /// Keeps the package, for somebody to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.0.keep()
    }
}

/// Where a program of the package is.
pub(crate) fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("modules")
}

fn manifest(name: &str, tasker: &Path) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[lib]
name = "stage"

[workspace]

[dependencies]
schemars = "1"
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
tasker = {{ path = {:?}, default-features = false }}
tokio = {{ version = "1", default-features = false, features = ["rt", "time"] }}

[profile.dev]
debug = false
incremental = false
"#,
        tasker.display().to_string(),
    )
}

struct Said {
    diagnostics: Diagnostics,
    built: bool,
}

impl Diagnostics {
    fn read(stdout: &str) -> Said {
        let mut all: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        let mut built = false;
        for line in stdout.lines() {
            let line: Value = serde_json::from_str(line).expect("JSON of cargo");
            built |= line["reason"] == "build-finished" && line["success"] == true;
            let target = line["target"]["name"].as_str().unwrap_or_default();
            if let Some(diagnostic) = Diagnostic::read(&line["message"]) {
                all.entry(target.to_owned()).or_default().push(diagnostic);
            }
        }
        Said { diagnostics: Self(all), built }
    }

    fn says_error(&self) -> bool {
        self.0.values().flatten().any(|diagnostic| diagnostic.level == "error")
    }

    /// What is said to one target.
    pub(crate) fn of(&self, target: &str) -> &[Diagnostic] {
        self.0.get(target).map_or(&[], Vec::as_slice)
    }
}

impl Diagnostic {
    /// A message of rustc; none if it only counts the others.
    fn read(message: &Value) -> Option<Self> {
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        let spans = message["spans"].as_array()?;
        let (level, text, rendered) = (text("level"), text("message"), text("rendered"));
        let counts = text.starts_with("aborting due to") || text.ends_with("emitted");
        if level == "failure-note" || (spans.is_empty() && counts) {
            return None;
        }
        let primary = spans.iter().find(|span| span["is_primary"] == true);
        let file = primary.and_then(|span| span["file_name"].as_str()).unwrap_or_default().to_owned();
        let number = |key: &str| primary?[key].as_u64();
        let place = || {
            let from = (number("line_start")?, number("column_start")?);
            Some(Place { from, to: (number("line_end")?, number("column_end")?) })
        };
        Some(Self { level, text, file, place: place(), rendered })
    }
}
