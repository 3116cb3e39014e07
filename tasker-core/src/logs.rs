//! Logs: one line for each record of [`tracing`](https://docs.rs/tracing), for people or for machines, with the step that it belongs to and without
//! secrets.
//!
//! Steps run in a span, so whatever they log carries `namespace`, `workflow`, `task`, `step`, `attempt`, `correlation_id` and `worker`, and
//! nobody has to hand them on. [`Logs::json`] writes them as fields of an object, [`Logs::pretty`] in a line to be read.
//!
//! ```no_run
//! use tasker_core::Redaction;
//! use tasker_core::logs::Logs;
//! # use tasker_core::{MemoryStore, Tasker};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let redaction = Redaction::new().hide(["card_number", "iban"]);
//! Logs::json().redact(&redaction).init()?;
//! let tasker = Tasker::builder(()).redact(&redaction).store(MemoryStore::new()).build().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Names and texts are treated as a [`Redaction`] says. No record can forge another or colour a terminal: control characters are escaped. What
//! is not wanted is turned off where it is written, and costs next to nothing.

mod escape;
mod field;
mod filter;
mod json;
mod layer;
mod pretty;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::Redaction;
use filter::Filter;
use layer::LogLayer;

/// Writes logs: what is logged, in which form, and where to.
///
/// ```
/// use std::io::Write;
/// use std::sync::{Arc, Mutex};
/// use tasker_core::logs::Logs;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// #[derive(Clone, Default)]
/// struct Lines(Arc<Mutex<Vec<u8>>>);
///
/// impl Write for Lines {
///     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
///         self.0.lock().unwrap().write(bytes)
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let lines = Lines::default();
/// let to = lines.clone();
/// // `init` is for a whole process; this is for a registry of one's own.
/// let layer = Logs::json().redact(["iban"]).filter("info,tasker=debug").writer(move || to.clone()).layer()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
///     tracing::info!(iban = "DE02120300000000202051", euros = 12.5, "paid");
/// });
/// let line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap())?;
/// assert_eq!((&line["message"], &line["iban"], &line["euros"]), (&"paid".into(), &"[redacted]".into(), &12.5.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is logged before `init` or `layer` is called"]
pub struct Logs {
    form: Form,
    redaction: Redaction,
    filter: Option<String>,
    colours: bool,
    write: WriteLine,
}

/// Takes one line.
type WriteLine = Arc<dyn Fn(&[u8]) + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pretty,
    Json,
}

/// Why logs are not set up.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// What says what is logged cannot be read.
    #[error(
        "{from} says `{filter}`, which is no filter of logs: {why}. Write a level (`off`, `error`, `warn`, `info`, `debug`, `trace`) for all, \
         and `module=level` for those that differ, with commas between them: `info,tasker=debug,sqlx=warn`"
    )]
    Filter {
        /// Where it was given.
        from: &'static str,
        /// What was given.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody else has set up logs.
    #[error(
        "this process has logs already, and there can be no second ones: call `init` once, in `main`; where something else calls \
         `tracing_subscriber::…::init()`, add `Logs::layer()` to what it sets up instead"
    )]
    Already,
}

impl Logs {
    /// One line for each record, for people: the time (UTC), the level, workflow, step and attempt, the message, and fields. On a terminal it has colours,
    /// unless `NO_COLOR` is set.
    pub fn pretty() -> Self {
        Self::new(Form::Pretty, stdout().is_terminal())
    }

    /// One object of JSON in a line for each record, for machines. All fields stand side by side, those of the record and those of the spans
    /// around it, of which the inner ones win: log systems index such fields as they are.
    pub fn json() -> Self {
        Self::new(Form::Json, false)
    }

    fn new(form: Form, is_terminal: bool) -> Self {
        let write: WriteLine = Arc::new(|line| {
            // There is nobody to tell.
            let _ = stdout().lock().write_all(line);
        });
        let colours = is_terminal && wants_colours();
        Self { form, redaction: Redaction::new(), filter: None, colours, write }
    }

    /// Hides more than what has the usual names of secrets: `redact(["card_number", "iban"])`, or a [`Redaction`], such as that of a
    /// [`TaskerBuilder`](crate::TaskerBuilder::redact). What is given by several calls adds up.
    pub fn redact(mut self, more: impl Into<Redaction>) -> Self {
        self.redaction = self.redaction.and(&more.into());
        self
    }

    /// What is logged: a level, and others for modules, such as `info,tasker=debug`. Default: what the variable `RUST_LOG` of the environment says, or
    /// else `info`.
    pub fn filter(mut self, directives: impl Into<String>) -> Self {
        self.filter = Some(directives.into());
        self
    }

    /// Writes to the standard error instead of the standard output.
    pub fn to_stderr(mut self) -> Self {
        self.colours = self.form == Form::Pretty && stderr().is_terminal() && wants_colours();
        self.write = Arc::new(|line| {
            let _ = stderr().lock().write_all(line);
        });
        self
    }

    /// Writes to what this makes, without colours: once for each record, the whole line with its end in one call. Errors of the writer are passed
    /// over, since there is nobody to tell.
    pub fn writer<W: Write>(mut self, make: impl Fn() -> W + Send + Sync + 'static) -> Self {
        self.colours = false;
        self.write = Arc::new(move |line| {
            let _ = make().write_all(line);
        });
        self
    }

    /// Sets up the logs of this process. It is for `main`; libraries leave it to applications.
    ///
    /// # Errors
    /// When what says what is logged cannot be read, or the process has logs already.
    pub fn init(self) -> Result<(), LogsError> {
        let layer = self.layer()?;
        tracing::subscriber::set_global_default(Registry::default().with(layer))
            .map_err(|_| LogsError::Already)
    }

    /// The same together with another layer, such as one that sends traces. It sees what it wants itself: the filter is that of the logs.
    ///
    /// # Errors
    /// When what says what is logged cannot be read, or the process has logs already.
    pub fn init_with(self, other: impl Layer<Registry> + Send + Sync) -> Result<(), LogsError> {
        let layer = self.layer()?;
        tracing::subscriber::set_global_default(Registry::default().with(other).with(layer))
            .map_err(|_| LogsError::Already)
    }

    /// The layer that writes, with its filter, for a registry of one's own. Several of them write side by side.
    ///
    /// # Errors
    /// When what says what is logged cannot be read.
    pub fn layer<S>(self) -> Result<impl Layer<S> + Send + Sync, LogsError>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let filter = if let Some(given) = self.filter {
            Filter::read("`Logs::filter`", &given)?
        } else {
            let set = std::env::var("RUST_LOG").unwrap_or_default();
            Filter::read("the variable `RUST_LOG`", &set)?
        };
        self.redaction.is_used_by("Logs");
        Ok(LogLayer::new(self.form, self.redaction, self.colours, self.write).with_filter(filter))
    }
}

fn wants_colours() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs")
            .field("form", &self.form)
            .field("redaction", &self.redaction)
            .field("filter", &self.filter)
            .field("colours", &self.colours)
            .finish_non_exhaustive()
    }
}
