//! The command line: what the report is about, and what goes wrong on the way.

use std::str::FromStr;

use crate::pipeline::data_pipeline::Context;
use crate::sources::{Faults, NAMES, Region};

pub const HELP: &str = "\
Reads countries, currencies and time zones at the same time, joins them and reports.

usage: data_pipeline [OPTIONS]

  --region NAME      africa, asia, europe, north-america, oceania, south-america or world [world]
  --at-least N       report currencies that so many countries pay with [3]
  --year YEAR        whose clocks are looked at, 1980 to 2100 [2026]
  --db FILE          the database, created if there is none [data_pipeline.db]; beside it is FILE.files
  --pause MS         how long a source is left alone before each page, in milliseconds [50]
  --down SOURCE=N    the first N attempts to read the countries, currencies or zones fail
  --crash-at SOURCE  the process dies before the last page of that source, in the first attempt
  --help             this text

A report that was begun with the same options is gone on with; one that is done is shown.

exit code: 0 the report is there, 1 it ended in error, 2 bad options,
           130 interrupted (the next run goes on)
";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    Help,
    Run(Options),
}

/// How the report is made.
#[derive(Debug)]
pub struct Options {
    pub context: Context,
    /// The file of the database.
    pub db: String,
    pub pause_ms: u64,
    pub faults: Faults,
}

impl Command {
    /// Reads the words that follow the name of the program. A mistake is told in a sentence.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options {
            context: Context { region: None, at_least: 3, year: 2026 },
            db: "data_pipeline.db".to_owned(),
            pause_ms: 50,
            faults: Faults::default(),
        };
        while let Some(option) = words.next() {
            if option == "--help" || option == "-h" {
                return Ok(Self::Help);
            }
            let value = match option.as_str() {
                "--region" | "--at-least" | "--year" | "--db" | "--pause" | "--down" | "--crash-at" => {
                    words.next().filter(|value| !value.is_empty() && !value.starts_with("--"))
                }
                _ => return Err(format!("unknown option `{option}`; `--help` lists the options")),
            };
            let value = value.ok_or_else(|| format!("`{option}` needs a value; `--help` says which"))?;
            match option.as_str() {
                "--region" => options.context.region = region(&value)?,
                "--at-least" => options.context.at_least = number(&option, &value)?,
                "--year" => options.context.year = number(&option, &value)?,
                "--pause" => options.pause_ms = number(&option, &value)?,
                "--crash-at" => options.faults.crash = Some(source(&option, &value)?),
                "--down" => {
                    let Some((name, times)) = value.split_once('=') else {
                        return Err(format!(
                            "`--down {value}`: how often is missing; write `--down {value}=2`"
                        ));
                    };
                    options.faults.down.insert(source(&option, name)?, number(&option, times)?);
                }
                _ => options.db = value,
            }
        }
        Ok(Self::Run(options))
    }
}

fn region(name: &str) -> Result<Option<Region>, String> {
    if name == "world" {
        return Ok(None);
    }
    Region::ALL.into_iter().find(|region| region.word() == name).map(Some).ok_or_else(|| {
        let all = Region::ALL.map(Region::word).join("`, `");
        format!("`--region`: there is no `{name}`; the regions are `world`, `{all}`")
    })
}

fn source(option: &str, name: &str) -> Result<&'static str, String> {
    NAMES
        .into_iter()
        .find(|source| *source == name)
        .ok_or_else(|| format!("`{option}`: there is no source `{name}`; they are `{}`", NAMES.join("`, `")))
}

fn number<N: FromStr>(option: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("`{option}` takes a number that is whole and not too large, and not `{value}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Command, String> {
        Command::parse(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_say_what_the_report_is_about_and_what_goes_wrong() {
        let words = "--region north-america --at-least 2 --year 1999 --db a.db --pause 7 --down zones=2 --crash-at currencies";
        let Ok(Command::Run(options)) = parse(words) else { panic!("they are in order") };
        let context = Context { region: Some(Region::NorthAmerica), at_least: 2, year: 1999 };
        assert_eq!((options.context, options.db.as_str(), options.pause_ms), (context, "a.db", 7));
        assert_eq!((options.faults.down["zones"], options.faults.crash), (2, Some("currencies")));
    }

    #[test]
    fn the_help_tells_what_holds_without_options() {
        let Ok(Command::Run(Options { context, db, pause_ms, faults })) = parse("") else {
            panic!("it runs")
        };
        assert_eq!((context.region, faults.down.len(), faults.crash), (None, 0, None));
        for default in [
            format!("[{}]", context.at_least),
            format!("[{}]", context.year),
            format!("[{db}]"),
            format!("[{pause_ms}]"),
        ] {
            assert!(HELP.contains(&default), "{default}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_there_is() {
        let mistakes = [
            ("--frobnicate", "unknown option `--frobnicate`; `--help` lists the options"),
            ("--db", "`--db` needs a value; `--help` says which"),
            ("--db --year", "`--db` needs a value; `--help` says which"),
            (
                "--region mars",
                "`--region`: there is no `mars`; the regions are `world`, `africa`, `asia`, `europe`, `north-america`, `oceania`, `south-america`",
            ),
            ("--at-least few", "`--at-least` takes a number that is whole and not too large, and not `few`"),
            (
                "--crash-at moon",
                "`--crash-at`: there is no source `moon`; they are `countries`, `currencies`, `zones`",
            ),
            ("--down zones", "`--down zones`: how often is missing; write `--down zones=2`"),
        ];
        for (words, mistake) in mistakes {
            assert_eq!(parse(words).unwrap_err(), mistake);
        }
    }
}
