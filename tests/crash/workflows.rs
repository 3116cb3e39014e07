//! What the workers run: three shapes, whose steps take a moment, leave a trace outside of the database, and end.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{AppState, Attempt, StepError, workflow};

/// What a task is started with.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Job {
    /// Tells the tasks of a test apart, in the ledger too.
    pub(crate) number: u64,
    /// How long each step takes, in milliseconds.
    pub(crate) nap: u64,
}

/// What a step returns: who ran it, and which execution it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Done {
    pub(crate) process: u32,
    pub(crate) attempt: u32,
}

/// What steps do to the world: each execution that comes to its end adds a line to a file. Nothing undoes it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger(pub(crate) PathBuf);

#[derive(AppState)]
pub(crate) struct App {
    pub(crate) ledger: Ledger,
}

impl Ledger {
    /// Naps, has its effect, and ends; nothing stops it in between the last two.
    async fn work(&self, job: &Job, step: &str, attempt: Attempt) -> Result<Done, StepError> {
        tokio::time::sleep(Duration::from_millis(job.nap)).await;
        let done = Done { process: std::process::id(), attempt: attempt.0 };
        let line = format!("{} {step} {} {}\n", job.number, done.attempt, done.process);
        let mut file = OpenOptions::new().append(true).create(true).open(&self.0)?;
        file.write_all(line.as_bytes())?;
        Ok(done)
    }
}

/// Workflows whose steps all do the same, by the steps that each one waits for.
macro_rules! workflows {
    ($($name:ident { $($step:ident $(after $($before:ident)+)?;)+ })+) => {
        /// The names of the workflows.
        pub(crate) const NAMES: [&str; 3] = [$(stringify!($name)),+];

        $(
            #[workflow(namespace = "crash", context = Job)]
            pub(crate) mod $name {
                use super::{Done, Job, Ledger};
                use tasker::{Attempt, State, StepError};

                $(
                    #[step($(depends_on = [$($before),+])?)]
                    pub(crate) async fn $step(
                        ctx: &Job,
                        ledger: State<Ledger>,
                        attempt: Attempt,
                    ) -> Result<Done, StepError> {
                        ledger.work(ctx, stringify!($step), attempt).await
                    }
                )+
            }
        )+
    };
}

workflows! {
    chain {
        first;
        second after first;
        third after second;
        fourth after third;
        fifth after fourth;
    }
    diamond {
        top;
        left after top;
        right after top;
        bottom after left right;
    }
    fan {
        open;
        leaf_0 after open;
        leaf_1 after open;
        leaf_2 after open;
        leaf_3 after open;
        leaf_4 after open;
        leaf_5 after open;
        leaf_6 after open;
        leaf_7 after open;
        leaf_8 after open;
        leaf_9 after open;
        close after leaf_0 leaf_1 leaf_2 leaf_3 leaf_4 leaf_5 leaf_6 leaf_7 leaf_8 leaf_9;
    }
}

/// A workflow that no worker process knows.
#[workflow(namespace = "crash", context = Job)]
pub(crate) mod unknown {
    use super::{Job, Ledger};
    use tasker::{Attempt, State, StepError};

    #[step]
    pub(crate) async fn alone(ctx: &Job, ledger: State<Ledger>, attempt: Attempt) -> Result<(), StepError> {
        ledger.work(ctx, "alone", attempt).await.map(|_| ())
    }
}
