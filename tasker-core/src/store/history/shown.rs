//! What happened to a task as a person reads it: each on one line.

use std::fmt;

use super::{Happened, What};

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordered { action, step, by, reason, value } => {
                write!(f, "order `{action}`")?;
                if let Some(step) = step {
                    write!(f, ", step `{step}`")?;
                }
                if let Some(value) = value {
                    write!(f, ": {}", OneLine(value.as_str()))?;
                }
                if let Some(by) = by {
                    write!(f, ", by {}", OneLine(by))?;
                }
                if let Some(reason) = reason {
                    write!(f, ", because {}", OneLine(reason))?;
                }
                Ok(())
            }
            Self::Task { from, to } => write!(f, "task: {from} → {to}"),
            Self::Step { step, from, to, attempt, worker, error } => {
                write!(f, "step `{step}`: {from} → {to}")?;
                // A step that was skipped or resolved may never have run.
                if attempt.0 > 0 {
                    write!(f, ", attempt {attempt}")?;
                }
                if let Some(worker) = worker {
                    write!(f, ", worker {worker}")?;
                }
                if let Some(error) = error {
                    write!(f, ": {}", OneLine(&error.to_string()))?;
                }
                Ok(())
            }
        }
    }
}

/// A text in which a line that ends does not end the line, nor does what a terminal would obey come through.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.split(char::is_control).filter(|part| !part.is_empty()).enumerate() {
            let space = if at > 0 { " " } else { "" };
            write!(f, "{space}{part}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attempt, Json, StepError, StepState, TaskState, Timestamp, WorkerId};

    #[test]
    fn each_is_one_line_with_all_that_is_known_of_it() {
        let shown = |what| Happened { at: Timestamp::from_micros(1_795_000_020_000_250), what }.to_string();
        let when = "2026-11-18T11:07:00.000250Z";
        let ordered = What::Ordered {
            action: "change_retry_limit".to_owned(),
            step: Some("charge".to_owned()),
            by: Some("ada".to_owned()),
            reason: Some("the bank\nis back\u{1b}".to_owned()),
            value: Some(Json::from_stored("5")),
        };
        assert_eq!(
            shown(ordered),
            format!("{when} order `change_retry_limit`, step `charge`: 5, by ada, because the bank is back")
        );
        let ordered =
            What::Ordered { action: "cancel".to_owned(), step: None, by: None, reason: None, value: None };
        assert_eq!(shown(ordered), format!("{when} order `cancel`"));
        let task = What::Task { from: TaskState::Pending, to: TaskState::InProgress };
        assert_eq!(shown(task), format!("{when} task: pending → in_progress"));
        let worker: WorkerId = "00000000-0000-0000-0000-000000000007".parse().unwrap();
        let step = |attempt, worker, error| What::Step {
            step: "charge".to_owned(),
            from: StepState::InProgress,
            to: StepState::Error,
            attempt: Attempt(attempt),
            worker,
            error,
        };
        let error = StepError::permanent("card\tdeclined").code("DECLINED");
        assert_eq!(
            shown(step(2, Some(worker), Some(error))),
            format!(
                "{when} step `charge`: in_progress → error, attempt 2, worker {worker}: card declined [DECLINED]"
            )
        );
        assert_eq!(shown(step(0, None, None)), format!("{when} step `charge`: in_progress → error"));
    }

    #[test]
    fn a_moment_is_shown_alike_in_debug() {
        let at = Timestamp::from_micros(250);
        assert_eq!(format!("{at:?}"), "1970-01-01T00:00:00.000250Z");
    }
}
