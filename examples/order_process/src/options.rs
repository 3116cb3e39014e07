//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use tasker::Workflow as _;

use crate::faults::{Fault, Faults};
use crate::order::order_process;

pub const HELP: &str = "\
Takes orders through five durable steps.

usage: order_process [OPTIONS] [ORDER.json ...]

Unfinished orders of the database are resumed first. Without order files, and if there was nothing to
resume, the orders that come with the example are run.

  --db FILE                the database, created if there is none [order_process.db]
  --json                   one line of JSON per task on stdout, and nothing else there
  --fail STEP=N            the first N attempts of the step fail, but trying again may help
  --fail-permanently STEP  the step fails, and trying again cannot help
  --crash-at STEP          the process dies inside the first attempt of the step
  --help                   this text

exit code: 0 all orders are complete, 1 an order ended in error, 2 bad input or bad options,
           130 interrupted (the next run resumes)
";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    Help,
    Run(Options),
}

/// How orders are run.
#[derive(Debug)]
pub struct Options {
    /// The file of the database.
    pub db: String,
    pub format: Format,
    pub faults: Faults,
    /// The files of orders.
    pub files: Vec<PathBuf>,
}

/// What stdout is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// People: progress, then a table.
    Table,
    /// Programs: a line for each task.
    Json,
}

/// What is wrong with the command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Command {
    /// Reads the arguments that follow the name of the program.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, Mistake> {
        let mut options = Options {
            db: String::new(),
            format: Format::Table,
            faults: Faults::default(),
            files: Vec::new(),
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let Some(option) = arg.to_str().filter(|text| text.starts_with('-')) else {
                options.files.push(arg.into());
                continue;
            };
            let mut value = |what: &str| value_of(option, what, args.next());
            match option {
                "--help" | "-h" => return Ok(Self::Help),
                "--json" => options.format = Format::Json,
                "--db" if options.db.is_empty() => options.db = value("FILE")?,
                "--db" => return Err(Mistake("`--db` is given twice".to_owned())),
                "--fail" => {
                    let (step, times) = step_and_times(&value("STEP=N")?)?;
                    options.add_fault(option, &step, Fault::Retryable(times))?;
                }
                "--fail-permanently" => options.add_fault(option, &value("STEP")?, Fault::Permanent)?,
                "--crash-at" => options.add_fault(option, &value("STEP")?, Fault::Crash)?,
                _ => return Err(Mistake(format!("unknown option `{option}`; `--help` lists the options"))),
            }
        }
        if options.db.is_empty() {
            "order_process.db".clone_into(&mut options.db);
        }
        Ok(Self::Run(options))
    }
}

impl Options {
    fn add_fault(&mut self, option: &str, step: &str, fault: Fault) -> Result<(), Mistake> {
        let definition = order_process::Workflow::define().build();
        let definition = definition.map_err(|error| Mistake(error.to_string()))?;
        if definition.find(step).is_none() {
            let steps: Vec<_> = definition.steps().iter().map(|step| format!("`{}`", step.name())).collect();
            return Err(Mistake(format!(
                "`{option}`: there is no step `{step}`; the steps are {}",
                steps.join(", ")
            )));
        }
        if !self.faults.add(step, fault) {
            return Err(Mistake(format!(
                "`{option}`: `{step}` is told to fail twice; one fault for each step"
            )));
        }
        Ok(())
    }
}

fn value_of(option: &str, what: &str, value: Option<OsString>) -> Result<String, Mistake> {
    let missing = || Mistake(format!("`{option}` needs a value: `{option} {what}`"));
    let value = value.ok_or_else(missing)?;
    let value = value
        .into_string()
        .map_err(|value| Mistake(format!("`{option}`: {} is no UTF-8", value.display())))?;
    // `--db --json` is a forgotten value, not a file called `--json`.
    if value.is_empty() || value.starts_with("--") { Err(missing()) } else { Ok(value) }
}

fn step_and_times(text: &str) -> Result<(String, u32), Mistake> {
    let Some((step, times)) = text.split_once('=') else {
        return Err(Mistake(format!("`--fail {text}`: how often is missing; write `--fail {text}=2`")));
    };
    let times =
        times.parse().map_err(|_| Mistake(format!("`--fail {text}`: `{times}` is no number of failures")))?;
    Ok((step.to_owned(), times))
}
