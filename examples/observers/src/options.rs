//! The command line.

use crate::catalog::Wanted;

pub const HELP: &str = "\
A few orders, and what their observers see: a chat, an error tracker, a meter, a partner.

Usage: observers                                        run the orders, and tell what was seen
       observers catalog [--namespace NAME] [WORD]...   list the events that may be published

  --namespace NAME   only those whose name begins with NAME and a dot: task, step, order
  WORD               only those that have it in their name or description
  --help             show this
";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Run,
    Catalog(Wanted),
}

/// What the command line asks for, or what is wrong with it.
pub fn read(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    match words.next().as_deref() {
        None => return Ok(Command::Run),
        Some("--help" | "-h") => return Ok(Command::Help),
        Some("catalog") => {}
        Some(other) => return Err(format!("there is no command `{other}`; `--help` lists those there are")),
    }
    let mut wanted = Wanted::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--namespace" => {
                let namespace = words.next().ok_or("`--namespace` takes a name, such as `step`")?;
                wanted.namespace = Some(namespace);
            }
            option if option.starts_with('-') => {
                return Err(format!("`{option}` is no option; `--help` lists them"));
            }
            _ => wanted.words.push(word),
        }
    }
    Ok(Command::Catalog(wanted))
}
