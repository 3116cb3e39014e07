//! A handler on its own: what it gets is what the test says.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::correlation::Correlation;
use crate::handler::handle;
use crate::param::{Attempt, Collector, StepInput, StoredResults};
use crate::step::Ended;
use crate::store::Record;
use crate::{
    Json, MemoryStore, RecordKind, RetryPolicy, StepError, StepHandler, StepSpec, Store, TaskId, WorkflowDef,
};

/// One execution of a step by its [handler](StepHandler), without an engine: for a test of the handler alone.
///
/// ```
/// use serde_json::{Value, json};
/// use tasker_core::testing::{self, StepCall};
/// use tasker_core::{StepContext, StepError, StepHandler, StepSequence, Task};
///
/// struct ProcessPayment;
///
/// impl StepHandler for ProcessPayment {
///     async fn process(&self, task: &Task, sequence: &StepSequence, step: &StepContext) -> Result<Value, StepError> {
///         let cents: u64 = sequence.get_previous_step_data("fetch_order", "cents").await?;
///         let fee: u64 = step.config_value().and_then(|config| config["fee"].as_u64()).unwrap_or(0);
///         step.emit("payment.processed", json!({ "order_id": task.get::<u64>("order_id")? }));
///         Ok(json!({ "charged": cents + fee }))
///     }
/// }
///
/// // #[tokio::test]
/// async fn a_payment_is_charged_with_its_fee() {
///     let end = StepCall::of("process_payment")
///         .context(json!({ "order_id": 7 }))
///         .config(json!({ "fee": 30 }))
///         .result("fetch_order", json!({ "cents": 1250 }))
///         .run(&ProcessPayment)
///         .await;
///     assert_eq!(end.result(), Ok(&json!({ "charged": 1280 })));
///     assert_eq!(end.events("payment.processed"), [json!({ "order_id": 7 })]);
/// }
/// # testing::block_on(a_payment_is_charged_with_its_fee())
/// ```
#[must_use]
pub struct StepCall {
    step: String,
    context: Value,
    config: Option<Value>,
    dependent_system: Option<String>,
    /// The results of other steps; those that were skipped have none.
    others: Vec<(String, Option<Value>)>,
    correlation_id: Option<String>,
    attempt: u32,
    limit: u32,
    cancelled: bool,
}

impl StepCall {
    /// The first execution of a step of that name, in a task with an empty context.
    pub fn of(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            context: Value::Object(Map::new()),
            config: None,
            dependent_system: None,
            others: Vec::new(),
            correlation_id: None,
            attempt: 1,
            limit: RetryPolicy::DEFAULT.limit,
            cancelled: false,
        }
    }

    /// Says what the task was started with.
    pub fn context(mut self, context: impl Into<Value>) -> Self {
        self.context = context.into();
        self
    }

    /// Says what is configured: what a file has under `handler_config`.
    pub fn config(mut self, config: impl Into<Value>) -> Self {
        self.config = Some(config.into());
        self
    }

    /// Names the system outside that the step talks to.
    pub fn dependent_system(mut self, system: impl Into<String>) -> Self {
        self.dependent_system = Some(system.into());
        self
    }

    /// Adds another step of the task, which has this result.
    pub fn result(mut self, step: impl Into<String>, result: impl Into<Value>) -> Self {
        self.others.push((step.into(), Some(result.into())));
        self
    }

    /// Adds another step of the task, which was skipped.
    pub fn skipped(mut self, step: impl Into<String>) -> Self {
        self.others.push((step.into(), None));
        self
    }

    /// Says what the task shares with the request that it came from. Default: the id of the task.
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// Says which execution it is, and how many may fail. Default: the first of three.
    pub fn attempt(mut self, attempt: u32, limit: u32) -> Self {
        (self.attempt, self.limit) = (attempt, limit);
        self
    }

    /// Tells the handler from the beginning that it should come to an end.
    pub fn cancelled(mut self) -> Self {
        self.cancelled = true;
        self
    }

    /// Runs the handler. It has what the engine would give it; a panic of it is one of the test.
    ///
    /// # Panics
    /// When the names of the steps make no task.
    pub async fn run(self, handler: &impl StepHandler) -> StepEnd {
        let input = self.input();
        let collector = input.records.clone();
        let correlation = input.correlation.clone();
        let ended = correlation.scope(None, handle(handler, input, Arc::default())).await;
        let kept = collector.kept();
        let ended = ended.and_then(|ended| Ok((ended, collector.take(usize::MAX)?)));
        let ended = ended.map_err(|error| match kept {
            Some(kept) => error.bounded().with_partial_results(kept),
            None => error.bounded(),
        });
        match ended {
            Ok((Ended::Complete(json), records)) => {
                let result = json.parse().map_err(|error| StepError::permanent(error.to_string()));
                StepEnd { result, records }
            }
            Ok((Ended::Skipped, records)) => StepEnd { result: Ok(Value::Null), records },
            Err(error) => StepEnd { result: Err(error), records: Vec::new() },
        }
    }

    fn input(self) -> StepInput {
        let others = self.others.iter().map(|(step, _)| step.as_str());
        let mut spec = StepSpec::new(&self.step).handler_class(&self.step).depends_on(others);
        if let Some(config) = &self.config {
            spec = spec.config(config);
        }
        if let Some(system) = self.dependent_system {
            spec = spec.dependent_system(system);
        }
        let mut builder = WorkflowDef::builder("test", "step_call", "1.0.0").step(spec);
        for (step, result) in &self.others {
            builder = builder.step(StepSpec::new(step).optional(result.is_none()));
        }
        let workflow = builder.build().unwrap_or_else(|error| panic!("{error}"));
        let place = |step: &str| workflow.find(step).unwrap_or_else(|| panic!("there is no step `{step}`"));
        let text = |value: &Value| Json::from_stored(value.to_string());
        let results = self.others.iter();
        let results = results.filter_map(|(step, result)| Some((place(step), text(result.as_ref()?))));
        let cancelled = CancellationToken::new();
        if self.cancelled {
            cancelled.cancel();
        }
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let task = TaskId::random();
        StepInput {
            task,
            correlation: Correlation::of(task, self.correlation_id),
            asked: None,
            step: place(&self.step),
            attempt: Attempt(self.attempt),
            limit: self.limit,
            context: text(&self.context),
            results: results.collect(),
            stored: StoredResults::of(&store),
            records: Collector::default(),
            cancelled,
            only_when: None,
            workflow: Arc::new(workflow),
        }
    }
}

impl fmt::Debug for StepCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepCall({}, attempt {} of {})", self.step, self.attempt, self.limit)
    }
}

/// What a [`StepCall`] came to.
#[derive(Debug)]
pub struct StepEnd {
    result: Result<Value, StepError>,
    records: Vec<Record>,
}

impl StepEnd {
    /// What would be stored as the result of the step, or its error.
    pub fn result(&self) -> Result<&Value, &StepError> {
        self.result.as_ref()
    }

    /// The events of one name that would be recorded, in order; none if the handler failed.
    #[must_use]
    pub fn events(&self, name: &str) -> Vec<Value> {
        self.payloads(RecordKind::Event, name)
    }

    /// The annotation of one name, as it was set last.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<Value> {
        self.payloads(RecordKind::Annotation, name).pop()
    }

    fn payloads(&self, kind: RecordKind, name: &str) -> Vec<Value> {
        let records = self.records.iter().filter(|record| record.kind == kind && record.name == name);
        records
            .map(|record| record.payload.parse().unwrap_or_else(|error| json!(error.to_string())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler_fn;
    use crate::testing::block_on;

    #[test]
    fn a_handler_sees_what_the_test_says() {
        let handler = handler_fn(|task, steps, step| async move {
            let skipped: Option<Value> = steps.optional_result("quote").await?;
            step.annotate("margin", 5);
            Ok(json!([
                task.get::<u64>("order_id")?,
                steps.result::<u64>("price").await?,
                skipped,
                step.config::<Value>()?,
                step.name(),
                step.attempt(),
                step.retry_limit(),
                step.dependent_system(),
                step.is_cancelled(),
                task.correlation_id(),
            ]))
        });
        let call = StepCall::of("charge").context(json!({"order_id": 7})).config(json!({"fee": 1}));
        let call = call.result("price", 1250).skipped("quote").attempt(2, 5).dependent_system("billing");
        let call = call.correlation_id("req-7");
        let end = block_on(call.cancelled().run(&handler));
        assert_eq!(
            end.result(),
            Ok(&json!([7, 1250, null, {"fee": 1}, "charge", 2, 5, "billing", true, "req-7"]))
        );
        assert_eq!((end.annotation("margin"), end.events("margin")), (Some(json!(5)), vec![]));
    }

    #[test]
    fn an_error_comes_with_what_was_kept_and_without_events() {
        let handler = handler_fn(|_, steps, step| async move {
            step.emit("seen", 1);
            step.keep(json!({"half": true}));
            steps.result("nothing").await
        });
        let end = block_on(StepCall::of("charge").run(&handler));
        let error = end.result().unwrap_err();
        assert_eq!(error.error_code(), Some("NO_SUCH_STEP"));
        assert_eq!(error.partial_results(), Some(&json!({"half": true})));
        assert!(end.events("seen").is_empty());
    }
}
