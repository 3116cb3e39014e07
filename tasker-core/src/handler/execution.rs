//! One execution of a step by its handler: what the task, the sequence and the step that the handler gets have in common.

use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::unannounced::Unannounced;
use super::{StepContext, StepHandler, StepMistakes, StepSequence, Task};
use crate::param::StepInput;
use crate::registry::Handler;
use crate::schema;
use crate::step::{BoxFuture, Ended};
use crate::{Json, StepDef, StepError};

/// What the handler was called with.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) input: StepInput,
    /// The context, read once if it is asked for.
    pub(super) context: OnceLock<Result<Value, StepError>>,
    pub(super) unannounced: Arc<Unannounced>,
}

/// A handler of an application, as the engine runs it.
pub(super) struct Handled<H> {
    pub(super) handler: Arc<H>,
    pub(super) unannounced: Arc<Unannounced>,
}

impl<H: StepHandler> Handler for Handled<H> {
    fn run(&self, input: StepInput) -> BoxFuture<'static, Result<Ended, StepError>> {
        let (handler, unannounced) = (Arc::clone(&self.handler), Arc::clone(&self.unannounced));
        Box::pin(async move { handle(&*handler, input, unannounced).await })
    }

    fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
        self.handler.check(step)
    }
}

/// Runs a handler to its end.
pub(crate) async fn handle<H: StepHandler>(
    handler: &H,
    input: StepInput,
    unannounced: Arc<Unannounced>,
) -> Result<Ended, StepError> {
    if let Some(ended) = input.ended_by(true) {
        return ended;
    }
    let execution = Arc::new(Execution { input, context: OnceLock::new(), unannounced });
    let (task, sequence) = (Task(Arc::clone(&execution)), StepSequence(Arc::clone(&execution)));
    let step = StepContext(execution);
    let output = handler.process(&task, &sequence, &step).await?;
    let result = handler.process_results(&step, output).await?;
    let json = Json::of(&result);
    json.map(Ended::Complete).map_err(|error| StepError::permanent(format!("the result is no JSON: {error}")))
}

/// Reads what is stored as the type that a handler asks for.
pub(super) fn stored<T: DeserializeOwned>(what: &str, json: &Json) -> Result<T, StepError> {
    json.read().map_err(|violation| does_not_fit::<T>(what, &violation.to_string()))
}

/// Reads one value of an object, and null where it has none of that name: an `Option` is `None` then.
pub(super) fn member<T: DeserializeOwned>(what: &str, object: &Value, key: &str) -> Result<T, StepError> {
    match object.get(key) {
        Some(value) => schema::read(value).map_err(|violation| {
            does_not_fit::<T>(&format!("`{key}` in the {what}"), &violation.under(key).to_string())
        }),
        None => T::deserialize(Value::Null).map_err(|_| missing(what, object, key)),
    }
}

fn does_not_fit<T>(what: &str, reason: &str) -> StepError {
    StepError::permanent(format!(
        "the {what} is no `{}`: {reason}; ask for a type that fits, and `retry` the task",
        std::any::type_name::<T>()
    ))
    .code("STORED_VALUE")
}

fn missing(what: &str, object: &Value, key: &str) -> StepError {
    let there = match object {
        Value::Object(object) if object.is_empty() => "it is empty".to_owned(),
        Value::Object(object) => {
            let keys = || object.keys().map(String::as_str);
            format!(
                "it has {}{}",
                tasker_rules::suggest::quoted(keys()),
                tasker_rules::suggest::did_you_mean(key, keys())
            )
        }
        other => format!("it is no object, but {}", kind(other)),
    };
    StepError::permanent(format!("there is no `{key}` in the {what}; {there}")).code("MISSING_VALUE")
}

/// What a value is, without what it says.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_told_with_what_there_is() {
        let order = json!({"order_id": 7, "cents": "many"});
        assert_eq!(member::<u64>("context", &order, "order_id").unwrap(), 7);
        assert_eq!(member::<Option<u64>>("context", &order, "discount").unwrap(), None);
        for (key, told) in [
            (
                "oder_id",
                "there is no `oder_id` in the context; it has `cents`, `order_id`; did you mean `order_id`? [MISSING_VALUE]",
            ),
            (
                "cents",
                "the `cents` in the context is no `u64`: /: invalid type: string \"many\", expected u64; ask for a type that fits, \
                 and `retry` the task [STORED_VALUE]",
            ),
        ] {
            let error = member::<u64>("context", &order, key).unwrap_err();
            assert!(error.is_permanent());
            assert_eq!(error.to_string(), told);
        }
        let error = member::<u64>("result of `a`", &json!([1]), "x").unwrap_err();
        assert_eq!(error.message(), "there is no `x` in the result of `a`; it is no object, but a list");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Cart {
            items: Vec<u64>,
        }
        let error = stored::<Cart>("context of the task", &Json::from_stored(r#"{"items":[1,"two"]}"#));
        let told = error.unwrap_err().to_string();
        assert!(told.contains("Cart`: /items/1: invalid type: string \"two\", expected u64"), "{told}");
    }
}
