//! What cargo takes, by the clock.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use tasker_tests::package::{self, Package};

use crate::source::{self, Style};

/// A measurement that meets an error ends the program; the error says why.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const GROUP: &str = "compile-bench";

const DEPENDENCIES: &str =
    "schemars = { version = \"1\", default-features = false, features = [\"derive\", \"std\"] }
serde = { version = \"1\", features = [\"derive\"] }
tasker = { path = \"{tree}/tasker\", default-features = false }
";

/// The best of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked {
    /// Nothing of this package is there.
    pub(crate) clean: Duration,
    /// The body of one function is another, and the rest is as rustc left it.
    pub(crate) touched: Duration,
}

/// A package, and how often it was changed.
pub(crate) struct Subject {
    package: Package,
    steps: usize,
    style: Style,
    changes: u64,
    best: Checked,
}

impl Subject {
    /// Writes it and builds what it depends on.
    pub(crate) fn new(steps: usize, style: Style) -> Result<Self> {
        let name = format!("{}-{steps}", style.name());
        let package = Package::new(GROUP, &name, DEPENDENCIES)?;
        let best = Checked { clean: Duration::MAX, touched: Duration::MAX };
        let mut subject = Self { package, steps, style, changes: 0, best };
        // One of each kind that does not count.
        subject.check(false)?;
        subject.check(true)?;
        Ok(subject)
    }

    /// Measures both once more.
    pub(crate) fn measure(&mut self) -> Result<()> {
        let clean = self.check(false)?;
        let touched = self.check(true)?;
        self.best = Checked { clean: clean.min(self.best.clean), touched: touched.min(self.best.touched) };
        Ok(())
    }

    pub(crate) fn best(&self) -> Checked {
        self.best
    }

    fn check(&mut self, incremental: bool) -> Result<Duration> {
        self.changes += 1;
        self.package.write("src/lib.rs", &source::library(self.steps, self.style, self.changes))?;
        let mut cargo = self.package.cargo("check");
        cargo.env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" });
        timed(&mut cargo)
    }
}

/// `tasker-macros` and all that it needs from nothing: the best time, and the number of crates.
pub(crate) fn macros(runs: usize) -> Result<(Duration, usize)> {
    let target = std::env::temp_dir().join(format!("tasker-macros-{}", std::process::id()));
    let mut best = Duration::MAX;
    for _ in 0..runs {
        remove(&target)?;
        let mut cargo = package::cargo(&target);
        cargo.current_dir(package::tree()).args(["build", "--offline", "-p", "tasker-macros"]);
        best = best.min(timed(&mut cargo)?);
    }
    remove(&target)?;
    let mut tree = package::cargo(&target);
    tree.current_dir(package::tree()).args([
        "tree",
        "--offline",
        "-p",
        "tasker-macros",
        "--prefix",
        "none",
        "--no-dedupe",
    ]);
    tree.args(["--edges", "normal,build"]);
    let listed = String::from_utf8(tree.output()?.stdout)?;
    let mut crates: Vec<&str> = listed.lines().collect();
    crates.sort_unstable();
    crates.dedup();
    Ok((best, crates.len()))
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn timed(cargo: &mut Command) -> Result<Duration> {
    let began = Instant::now();
    let output = cargo.stdin(Stdio::null()).output()?;
    let took = began.elapsed();
    if !output.status.success() {
        return Err(format!("{cargo:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(took)
}
