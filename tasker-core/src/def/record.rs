//! The events and annotations that steps write: their names and what they look like.

use std::collections::HashMap;

use serde_json::Value;
use tasker_rules::names::{is_name, own_event};

use super::spec::StepSpec;
use crate::store::RecordKind;

/// An event or an annotation that a step writes.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSpec {
    name: String,
    schema: Value,
}

impl RecordSpec {
    pub(super) fn new(name: String, schema: Value) -> Self {
        Self { name, schema }
    }

    /// The name by which it is read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its JSON Schema (draft 2020-12).
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// What the schema says of the shape, if anything: not what it says to people.
    pub(crate) fn shape(&self) -> Option<Value> {
        match &self.schema {
            Value::Object(schema) => {
                let mut schema = schema.clone();
                for said in ["$schema", "title", "description"] {
                    schema.remove(said);
                }
                (!schema.is_empty()).then_some(Value::Object(schema))
            }
            Value::Bool(true) => None,
            other => Some(other.clone()),
        }
    }
}

/// A name means one thing in a workflow, whichever step writes it, and fits its column.
pub(super) fn check(steps: &[StepSpec], mistakes: &mut Vec<String>) {
    for kind in [RecordKind::Event, RecordKind::Annotation] {
        let mut first: HashMap<&str, (&str, &Value)> = HashMap::new();
        for step in steps {
            for RecordSpec { name, schema } in step.records(kind) {
                let (step, &mut (other, known)) =
                    (step.name(), first.entry(name).or_insert((step.name(), schema)));
                if known != schema {
                    mistakes.push(format!(
                        "the {kind} `{name}` of the step `{step}` is of another type than that of the step `{other}`"
                    ));
                }
            }
        }
        let mut names: Vec<&str> = first.into_keys().collect();
        names.sort_unstable();
        mistakes.extend(names.into_iter().filter_map(|name| name_mistake(kind, name)));
    }
}

/// What is wrong with the name of a record, which a definition says or a handler gives.
pub(crate) fn name_mistake(kind: RecordKind, name: &str) -> Option<String> {
    let longest = match kind {
        RecordKind::Event => 128,
        RecordKind::Annotation => 64,
    };
    if !is_name(name, longest) {
        return Some(format!("the name `{name}` of an {kind} is not 1 to {longest} printable characters"));
    }
    // Files of Ruby Tasker have names without a dot, so that is the derive's rule alone.
    let own = own_event(name).filter(|_| kind == RecordKind::Event)?;
    Some(format!(
        "the event `{name}` has a name that is kept for Tasker's own: those that begin with `{own}.`"
    ))
}

/// Each once, by name, however often a step takes it.
pub(super) fn by_name(mut records: Vec<RecordSpec>) -> Vec<RecordSpec> {
    records.sort_by(|one, other| one.name.cmp(&other.name));
    records.dedup_by(|one, other| one.name == other.name);
    records
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{DefinitionError, StepDef, WorkflowBuilder, WorkflowDef};

    fn workflow(steps: impl IntoIterator<Item = StepSpec>) -> Result<WorkflowDef, DefinitionError> {
        steps.into_iter().fold(WorkflowDef::builder("shop", "order", "1.0.0"), WorkflowBuilder::step).build()
    }

    #[test]
    fn a_step_says_what_it_writes() {
        let step = |name: &str| {
            let step = StepSpec::new(name).emits("paid", json!(true)).emits("late", json!({}));
            step.emits("paid", json!(true)).annotates("paid", json!({ "type": "null" }))
        };
        let workflow = workflow([step("a"), step("b")]).unwrap();
        let names = |of: fn(&StepDef) -> &[RecordSpec]| {
            of(&workflow.steps()[1]).iter().map(RecordSpec::name).collect::<Vec<_>>()
        };
        assert_eq!(names(StepDef::emits), ["late", "paid"]);
        assert_eq!(names(StepDef::annotates), ["paid"]);
        assert_eq!(workflow.steps()[0].annotates()[0].schema(), &json!({ "type": "null" }));
    }

    #[test]
    fn a_name_is_printable_and_means_one_thing() {
        let long = "x".repeat(65);
        let one =
            StepSpec::new("one").emits(&long, json!(true)).emits("paid", json!(true)).emits("", json!(1));
        let other = StepSpec::new("other").annotates(&long, json!(true)).emits("paid", json!(false));
        assert_eq!(
            workflow([one, other]).unwrap_err().mistakes(),
            [
                "the event `paid` of the step `other` is of another type than that of the step `one`",
                "the name `` of an event is not 1 to 128 printable characters",
                &format!("the name `{long}` of an annotation is not 1 to 64 printable characters"),
            ]
        );
    }

    #[test]
    fn an_event_has_not_the_name_of_one_of_taskers() {
        let step = StepSpec::new("a").emits("task.done", json!(true)).annotates("task.done", json!(true));
        assert_eq!(
            workflow([step]).unwrap_err().mistakes(),
            ["the event `task.done` has a name that is kept for Tasker's own: those that begin with `task.`"]
        );
    }
}
