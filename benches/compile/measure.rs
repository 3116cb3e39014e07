//! What cargo and its compilers take.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, io, process};

use tasker_tests::package::{self, Package};

use crate::source::{self, Style};

/// A measurement that meets an error ends the program; the error says why.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const DEPENDENCIES: &str =
    "schemars = { version = \"1\", default-features = false, features = [\"derive\", \"std\"] }
serde = { version = \"1\", features = [\"derive\"] }
tasker = { path = \"{tree}/tasker\", default-features = false }
";

/// Seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) clock: f64,
    /// On processors, to a hundredth: what else the machine does hardly counts. By the clock, where nobody knows.
    pub(crate) processor: f64,
}

impl Took {
    const FOREVER: Self = Self { clock: f64::INFINITY, processor: f64::INFINITY };

    fn min(self, other: Self) -> Self {
        Self { clock: self.clock.min(other.clock), processor: self.processor.min(other.processor) }
    }
}

/// The best of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked {
    /// Nothing of this package is there.
    pub(crate) clean: Took,
    /// The body of one function is another, and the rest is as rustc left it.
    pub(crate) touched: Took,
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
        let package = Package::new(&name, DEPENDENCIES)?;
        let best = Checked { clean: Took::FOREVER, touched: Took::FOREVER };
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

    fn check(&mut self, incremental: bool) -> Result<Took> {
        self.changes += 1;
        self.package.write("src/lib.rs", &source::library(self.steps, self.style, self.changes))?;
        let mut cargo = self.package.cargo("check");
        cargo.env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" });
        timed(&mut cargo)
    }
}

/// `tasker-macros` and all that it needs from nothing: the best time, and the number of crates.
pub(crate) fn macros(runs: usize) -> Result<(Took, usize)> {
    let target = env::temp_dir().join(format!("tasker-macros-{}", process::id()));
    let mut best = Took::FOREVER;
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

fn timed(cargo: &mut Command) -> Result<Took> {
    let (began, before) = (Instant::now(), processor());
    let output = cargo.stdin(Stdio::null()).output()?;
    let clock = began.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("{cargo:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let processor = before.zip(processor()).map_or(clock, |(before, after)| after - before);
    Ok(Took { clock, processor })
}

/// The time that processes which this one awaited had on processors, in seconds; nothing, where it is not Linux.
fn processor() -> Option<f64> {
    /// `USER_HZ` of every Linux that is in use.
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may be anything, but ends with the last parenthesis; then comes field 3.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(13).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(f64::from(user + system) / TICKS_PER_S)
}
