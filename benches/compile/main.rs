//! What `#[workflow]` costs the compiler. `--help` says how to ask, `../README.md` what is measured.
//!
//! * `source` writes a workflow of so many steps, and the same functions without the macro.
//! * `measure` has cargo check both, and builds the macros from nothing.

mod measure;
mod source;

use std::process::ExitCode;

use crate::measure::{Result, Subject, Took};
use crate::source::Style;

const HELP: &str = "cargo bench -p tasker-benches --bench compile -- [OPTION]...

  --steps N  how many steps; may be given several times (default: 10, 100 and 500)
  --runs N   how often each is measured; the best is reported (default: 3)
  -h, --help this";

struct Options {
    steps: Vec<usize>,
    runs: usize,
}

fn main() -> ExitCode {
    let done = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => measure(&options),
        Ok(None) => {
            println!("{HELP}");
            Ok(())
        }
        Err(mistake) => {
            eprintln!("{mistake}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = done {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Reads the arguments; none if help is asked for.
fn options(arguments: impl IntoIterator<Item = String>) -> std::result::Result<Option<Options>, String> {
    // Cargo adds one of its own.
    let mut arguments = arguments.into_iter().filter(|argument| argument != "--bench");
    let mut options = Options { steps: Vec::new(), runs: 3 };
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|value| value.parse().ok()).filter(|&value| value > 0);
            value.ok_or_else(|| format!("`{argument}` takes a number from 1 up"))
        };
        match argument.as_str() {
            "-h" | "--help" => return Ok(None),
            "--steps" => options.steps.push(number()?),
            "--runs" => options.runs = number()?,
            unknown => return Err(format!("there is no option `{unknown}`")),
        }
    }
    if options.steps.is_empty() {
        options.steps = vec![10, 100, 500];
    }
    Ok(Some(options))
}

fn measure(options: &Options) -> Result<()> {
    println!("{:>8} {:^36} {:^36}", "", "cargo check", "after a change of one body");
    println!(
        "{:>8} {:>9} {:>9} {:>5} {:>10} {:>9} {:>9} {:>5} {:>10}",
        "steps", "plain s", "macro s", "ratio", "ms a step", "plain s", "macro s", "ratio", "more s"
    );
    for &steps in &options.steps {
        let mut plain = Subject::new(steps, Style::Plain)?;
        let mut workflow = Subject::new(steps, Style::Workflow)?;
        // In turns, so that what else goes on meets both.
        for _ in 0..options.runs {
            plain.measure()?;
            workflow.measure()?;
        }
        let (plain, workflow) = (plain.best(), workflow.best());
        let a_step = more(plain.clean, workflow.clean) * 1e3 / f64::from(u32::try_from(steps)?);
        println!(
            "{steps:>8} {} {a_step:>10.2} {} {:>10.2}",
            pair(plain.clean, workflow.clean),
            pair(plain.touched, workflow.touched),
            more(plain.touched, workflow.touched),
        );
    }
    let (took, crates) = measure::macros(options.runs)?;
    let Took { clock, processor } = took;
    println!(
        "tasker-macros from nothing: {crates} crates, {clock:.2} s by the clock, {processor:.2} s on processors"
    );
    Ok(())
}

/// How many seconds the second is longer.
fn more(plain: Took, workflow: Took) -> f64 {
    workflow.processor - plain.processor
}

fn pair(plain: Took, workflow: Took) -> String {
    let (plain, workflow) = (plain.processor, workflow.processor);
    format!("{plain:>9.2} {workflow:>9.2} {:>5.2}", workflow / plain)
}
