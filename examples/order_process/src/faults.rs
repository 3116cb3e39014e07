//! The faults that the command line asks for.

use std::collections::BTreeMap;
use std::process;

use tasker::{Attempt, StepError};

/// What goes wrong, by the name of the step.
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<String, Fault>);

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many attempts fail, but trying again may help.
    Retryable(u32),
    /// Every attempt fails, and says that trying again cannot help.
    Permanent,
    /// The process dies in the first attempt, after the effect and before anybody hears of it: the worst moment.
    Crash,
}

impl Faults {
    /// Adds a fault; false if the step has one already.
    pub fn add(&mut self, step: &str, fault: Fault) -> bool {
        self.0.insert(step.to_owned(), fault).is_none()
    }

    /// The error that this attempt ends in.
    #[must_use]
    pub fn error(&self, step: &str, Attempt(attempt): Attempt) -> Option<StepError> {
        match self.0.get(step)? {
            Fault::Retryable(times) if attempt <= *times => Some(
                StepError::retryable(format!("failure {attempt} of {times}, as asked for")).code("SIMULATED"),
            ),
            Fault::Permanent => Some(StepError::permanent("fails for good, as asked for").code("SIMULATED")),
            Fault::Retryable(_) | Fault::Crash => None,
        }
    }

    /// Ends the process without any order, as a power cut would.
    pub fn crash(&self, step: &str, attempt: Attempt) {
        if attempt == Attempt(1) && self.0.get(step) == Some(&Fault::Crash) {
            eprintln!("the process dies in `{step}`, as asked for");
            process::abort();
        }
    }
}
