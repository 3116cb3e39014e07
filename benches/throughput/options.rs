//! What was asked for on the command line.

use std::fmt::Write;

use crate::bed::Kind;
use crate::bench::Bench;

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) stores: Vec<Kind>,
    pub(crate) benches: Vec<Bench>,
    pub(crate) json: bool,
    /// A PostgreSQL server where databases may be created.
    pub(crate) url: Option<String>,
    pub(crate) runs: usize,
    pub(crate) quick: bool,
}

#[derive(Debug)]
pub(crate) enum Asked {
    Help,
    Measure(Options),
    /// To be a worker on a database, for the bench that asks for several processes.
    Work(String),
    /// To do one run of the bench for which that is a process of its own.
    LookOn(String),
}

/// How this program starts itself as a worker.
pub(crate) const WORK: &str = "--work";

/// How this program starts itself for one run.
pub(crate) const LOOK_ON: &str = "--look-on";

/// Reads the arguments; an error is what to tell the user.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    // Cargo adds one of its own.
    let mut arguments = arguments.into_iter().filter(|argument| argument != "--bench").peekable();
    let (mut stores, mut benches) = (Vec::new(), Vec::new());
    let (mut json, mut quick, mut url, mut runs) = (false, false, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next_if(|value| !value.starts_with("--"));
            value.ok_or_else(|| refused(&format!("`{argument}` needs a value")))
        };
        match argument.as_str() {
            "-h" | "--help" => return Ok(Asked::Help),
            WORK => return Ok(Asked::Work(value()?)),
            LOOK_ON => return Ok(Asked::LookOn(value()?)),
            "--json" => json = true,
            "--quick" => quick = true,
            "--store" => stores.push(one_of("store", &value()?, Kind::ALL, Kind::name)?),
            "--only" => benches.push(one_of("bench", &value()?, Bench::ALL, Bench::name)?),
            "--url" => url = Some(postgres(value()?)?),
            "--runs" => runs = Some(number(&value()?)?),
            unknown => return Err(refused(&format!("there is no option `{unknown}`"))),
        }
    }
    if stores.is_empty() {
        stores.extend([Kind::Sqlite, Kind::Postgres]);
    }
    if benches.is_empty() {
        benches.extend(Bench::ALL);
    }
    if url.is_some() && !stores.contains(&Kind::Postgres) {
        return Err(refused("`--url` names a PostgreSQL server, and PostgreSQL is not among the stores"));
    }
    let runs = runs.unwrap_or(if quick { 1 } else { 3 });
    Ok(Asked::Measure(Options { stores, benches, json, url, runs, quick }))
}

fn one_of<T: Copy, const N: usize>(
    what: &str,
    name: &str,
    all: [T; N],
    name_of: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let names = all.map(&name_of).join(", ");
    let unknown = || refused(&format!("there is no {what} `{name}`; there are: {names}"));
    all.into_iter().find(|&one| name_of(one) == name).ok_or_else(unknown)
}

fn number(value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|&runs| runs > 0);
    number.ok_or_else(|| refused(&format!("`--runs {value}`: it takes a number from 1 up")))
}

fn postgres(url: String) -> Result<String, String> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(url);
    }
    Err(refused(&format!("`--url {url}`: it takes a PostgreSQL server, as in postgres://user@host/postgres")))
}

fn refused(mistake: &str) -> String {
    format!("{mistake}\n\n{}", help())
}

pub(crate) fn help() -> String {
    let mut help = String::from(
        "cargo bench -p tasker-benches --bench throughput -- [OPTION]...

  --store NAME  sqlite, postgres or memory; may be given several times (default: sqlite and postgres)
  --only NAME   a bench; may be given several times (default: all)
  --json        one JSON object in a line for each figure, instead of a table
  --url URL     a PostgreSQL server where databases may be created (default: one of its own, durable, on the disk)
  --runs N      how often each is measured; the median is reported (default: 3, with --quick 1)
  --quick       a tenth of the tasks
  -h, --help    this

Benches:
",
    );
    for bench in Bench::ALL {
        let _ = write!(help, "\n  {:12}  {}", bench.name(), bench.about());
    }
    help
}
