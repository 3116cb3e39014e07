//! What generated modules stand on: the application state, what they return, and the log in which every step notes what it does.
//!
//! This is the library of the generated packages, not a module of the test.

use std::collections::HashMap;
use std::fmt::{Debug, Display, Formatter};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tasker::{
    Annotation, AppState, Event, Executable, MemoryStore, StepError, TaskHandle, TaskState, Tasker,
};

/// What the steps of one module did.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    number: u64,
    /// Each execution that began, and each result, in the order of time.
    deeds: Vec<Deed>,
    /// What was published, and what was put on the task.
    happened: Vec<u64>,
    noted: Vec<u64>,
    problems: Vec<String>,
}

/// A step as it was written: the stored names of it and of those it waits for, and whether its condition says no.
pub struct Step {
    pub name: &'static str,
    pub depends_on: &'static [&'static str],
    pub skipped: bool,
}

enum Deed {
    Began(&'static str),
    Wrote(&'static str, Value),
    Read { reader: &'static str, of: &'static str, value: Value },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gateway(pub u64);

pub type Currency = Arc<str>;

/// What most steps return, by another name.
pub type Reply<T> = Result<T, StepError>;

#[derive(AppState)]
pub struct App {
    log: Log,
    gateway: Gateway,
    currency: Currency,
}

/// An application without a `Gateway`.
#[derive(AppState, Default)]
pub struct Poor {
    log: Log,
    currency: Currency,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub number: u64,
}

/// A context that comes through a glob import.
pub mod globbed {
    pub use super::Order as Context;
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Number {
    pub number: u64,
}

/// What a step publishes.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event("stage.happened")]
pub struct Happened {
    pub number: u64,
}

/// What a step puts on its task.
#[derive(Serialize, Deserialize, JsonSchema, Annotation)]
#[annotation("stage.noted")]
pub struct Noted {
    pub number: u64,
}

/// A condition of any workflow.
pub fn always<C>(_: &C) -> bool {
    true
}

/// Another one.
pub fn never<C>(_: &C) -> bool {
    false
}

/// A type whose arguments have braces.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Table<const N: usize> {
    pub first: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    pub most: u64,
}

/// What cannot be stored.
pub struct Opaque;

/// What cannot be sent to another thread.
pub type Local = Rc<u64>;

/// What is no error.
pub struct Refused;

/// An error of the application.
#[derive(Debug)]
pub struct Failure;

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("failure")
    }
}

impl std::error::Error for Failure {}

impl Default for App {
    fn default() -> Self {
        Self { log: Log::default(), gateway: Gateway(7), currency: Currency::from("EUR") }
    }
}

impl Log {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that was not there before, so that no two results are the same.
    pub fn number(&self) -> u64 {
        let mut notes = self.notes();
        notes.number += 1;
        notes.number
    }

    /// An event that was not there before.
    pub fn happened(&self) -> Happened {
        let number = self.number();
        self.notes().happened.push(number);
        Happened { number }
    }

    /// An annotation that was not there before.
    pub fn noted(&self) -> Noted {
        let number = self.number();
        self.notes().noted.push(number);
        Noted { number }
    }

    pub fn began(&self, step: &'static str) {
        self.notes().deeds.push(Deed::Began(step));
    }

    pub fn wrote<T: Serialize>(&self, step: &'static str, value: &T) {
        self.notes().deeds.push(Deed::Wrote(step, json(value)));
    }

    pub fn read<T: Serialize>(&self, reader: &'static str, of: &'static str, value: &T) {
        self.notes().deeds.push(Deed::Read { reader, of, value: json(value) });
    }

    /// That a step got what it was to get.
    pub fn same<T: PartialEq + Debug + ?Sized>(&self, step: &'static str, found: &T, expected: &T) {
        if found != expected {
            self.notes().problems.push(format!("`{step}` got {found:?} instead of {expected:?}"));
        }
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("JSON")
}

/// Runs one task of a workflow and tells what is wrong with it.
pub async fn run<W: Executable<App>>(context: &str, steps: &[Step]) -> Vec<String> {
    let app = App::default();
    let log = app.log.clone();
    let mut problems = edges::<W>(steps);
    let tasker =
        Tasker::builder(app).store(MemoryStore::default()).register::<W>().build().await.expect("a worker");
    let context: W::Context = serde_json::from_str(context).expect("a context");
    let task = tasker.start::<W>(context).await.expect("a task");
    let status = task.wait().await.expect("an end");
    if status.state != TaskState::Complete {
        problems.push(format!("the task is {:?}", status.state));
    }
    problems.append(&mut log.notes().problems);
    problems.extend(executions(&log.notes().deeds, steps));
    let written = results(&log.notes().deeds, &mut problems);
    records(&task, &log, &mut problems).await;
    for (step, value) in &written {
        let stored = task.result(step).await.expect("a store");
        if stored.as_ref() != Some(value) {
            problems.push(format!("`{step}` returned {value}, and {stored:?} is stored"));
        }
    }
    tasker.shutdown().await;
    problems
}

/// The definition has the edges that were written, and no others.
fn edges<W: Executable<App>>(steps: &[Step]) -> Vec<String> {
    let def = W::define().build().expect("a definition");
    let mut problems = Vec::new();
    if def.steps().len() != steps.len() {
        problems.push(format!("{} steps instead of {}", def.steps().len(), steps.len()));
    }
    for Step { name: step, depends_on: expected, .. } in steps {
        let Some(no) = def.find(step) else {
            problems.push(format!("there is no step `{step}`"));
            continue;
        };
        let found = def.graph().dependencies(no);
        let mut found: Vec<&str> =
            found.into_iter().filter_map(|no| def.step(no)).map(|step| step.name()).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        if found != expected {
            problems.push(format!("`{step}` depends on {found:?} instead of {expected:?}"));
        }
    }
    problems
}

/// Every step ran exactly once, after all that it waits for, unless its condition said no.
fn executions(deeds: &[Deed], steps: &[Step]) -> Vec<String> {
    let began = |step: &str| deeds.iter().position(|deed| matches!(deed, Deed::Began(name) if *name == step));
    let wrote =
        |step: &str| deeds.iter().position(|deed| matches!(deed, Deed::Wrote(name, _) if *name == step));
    let mut problems = Vec::new();
    let skipped = |name: &str| steps.iter().any(|step| step.name == name && step.skipped);
    for Step { name: step, depends_on: dependencies, .. } in steps {
        let times = deeds.iter().filter(|deed| matches!(deed, Deed::Began(name) if name == step)).count();
        if times != usize::from(!skipped(step)) {
            problems.push(format!("`{step}` ran {times} times"));
        }
        if skipped(step) {
            continue;
        }
        for dependency in *dependencies {
            if !skipped(dependency) && (wrote(dependency).is_none() || wrote(dependency) > began(step)) {
                problems.push(format!("`{step}` did not wait for `{dependency}`"));
            }
        }
    }
    problems
}

/// What was written, and that the same was read.
fn results(deeds: &[Deed], problems: &mut Vec<String>) -> HashMap<&'static str, Value> {
    let mut written = HashMap::new();
    for deed in deeds {
        match deed {
            Deed::Began(_) => {}
            Deed::Wrote(step, value) => {
                written.insert(*step, value.clone());
            }
            Deed::Read { reader, of, value } => {
                // A result that is absent is read as nothing.
                if written.get(of).unwrap_or(&Value::Null) != value {
                    problems.push(format!(
                        "`{reader}` read {value} of `{of}`, which wrote {:?}",
                        written.get(of)
                    ));
                }
            }
        }
    }
    written
}

/// What was published is stored, and one of the notes.
async fn records<W: Executable<App>>(task: &TaskHandle<W>, log: &Log, problems: &mut Vec<String>) {
    let mut happened: Vec<u64> =
        task.events::<Happened>().await.expect("a store").iter().map(|event| event.number).collect();
    let noted = task.annotation::<Noted>().await.expect("a store").map(|noted| noted.number);
    let notes = log.notes();
    let mut published = notes.happened.clone();
    happened.sort_unstable();
    published.sort_unstable();
    if happened != published {
        problems.push(format!("{published:?} were published, and {happened:?} are stored"));
    }
    if noted.is_none() != notes.noted.is_empty() || noted.is_some_and(|noted| !notes.noted.contains(&noted)) {
        problems.push(format!("{:?} were noted, and {noted:?} is stored", notes.noted));
    }
}

/// Runs what is to run, says what is wrong with which module, and fails if anything is.
pub fn play<M: IntoIterator<Item = (&'static str, Vec<String>)>>(
    modules: impl Future<Output = M>,
) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut code = ExitCode::SUCCESS;
    for (module, problems) in runtime.block_on(modules) {
        for problem in problems {
            println!("{module}: {problem}");
            code = ExitCode::FAILURE;
        }
    }
    code
}
