//! The command line: how the service is to misbehave.

use crate::server::Moods;

pub const HELP: &str = "\
Two tasks call a service on this machine, which misbehaves.

Usage: api_workflow [OPTIONS]

  --limited N   answer the first N requests for carts with 429 and `Retry-After: 1` (default: 1)
  --busy N      answer the first N payments with 503 (default: 3, which opens the breaker)
  --help        show this
";

/// How the service is to misbehave, or nothing if help was asked for.
pub fn moods(mut words: impl Iterator<Item = String>) -> Result<Option<Moods>, String> {
    let mut moods = Moods { limited: 1, busy: 3, retry_after: 1 };
    while let Some(word) = words.next() {
        let number = match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--limited" => &mut moods.limited,
            "--busy" => &mut moods.busy,
            other => return Err(format!("`{other}` is no option; `--help` lists them")),
        };
        let value = words.next().unwrap_or_default();
        *number = value.parse().map_err(|_| format!("`{word}` takes a number, and not `{value}`"))?;
    }
    Ok(Some(moods))
}
