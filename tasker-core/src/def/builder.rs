//! From what was said about a workflow to a definition that holds together.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tasker_rules::names::{LABEL, STEP_NAME, is_name, is_semantic_version};

#[cfg(feature = "yaml")]
use super::Variables;
use super::graph::{Graph, canonical_order};
use super::record;
use super::{Configuration, Shape, StepDef, StepSpec, WorkflowDef, WorkflowId};
use crate::StepNo;

/// Puts a [`WorkflowDef`] together.
#[derive(Debug)]
pub struct WorkflowBuilder {
    id: WorkflowId,
    description: String,
    context_schema: Option<Value>,
    config: Option<Result<Configuration, String>>,
    concurrent: bool,
    steps: Vec<StepSpec>,
    #[cfg(feature = "yaml")]
    file: Option<crate::yaml::ModuleFile>,
}

/// What is wrong with a definition; each line is one mistake.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("workflow `{workflow}` cannot be registered: {}", mistakes.join("; "))]
pub struct DefinitionError {
    workflow: String,
    mistakes: Vec<String>,
}

impl DefinitionError {
    /// Every mistake found.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

impl WorkflowBuilder {
    pub(super) fn new(namespace: String, name: String, version: String) -> Self {
        let id = WorkflowId { namespace, name, version };
        let description = String::new();
        Self {
            id,
            description,
            context_schema: None,
            config: None,
            concurrent: true,
            steps: Vec::new(),
            #[cfg(feature = "yaml")]
            file: None,
        }
    }

    /// Namespace, name and version, as given.
    #[must_use]
    pub fn id(&self) -> &WorkflowId {
        &self.id
    }

    /// Says what it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets the JSON Schema that contexts are checked against.
    #[must_use]
    pub fn context_schema(mut self, schema: Value) -> Self {
        self.context_schema = Some(schema);
        self
    }

    /// Sets a configuration of the workflow as a whole, which handlers by name can read. It is kept as JSON.
    #[must_use]
    pub fn config<T: Serialize>(mut self, config: &T) -> Self {
        self.config = Some(Configuration::of(config));
        self
    }

    /// The same, with what to show of it.
    #[cfg(feature = "yaml")]
    pub(crate) fn config_with_variables(
        mut self,
        config: Value,
        written: Value,
        variables: Variables,
    ) -> Self {
        self.config = Some(Ok(Configuration::with_variables(config, written, variables)));
        self
    }

    /// Names the file that says more about it once the environment is known.
    #[cfg(feature = "yaml")]
    pub(crate) fn file(mut self, file: crate::yaml::ModuleFile) -> Self {
        self.file = Some(file);
        self
    }

    /// Says whether steps of one task may run at the same time. Default: they may. If not, a task runs one step at a time, of those that
    /// could run the first in canonical order; a step that waits for its retry holds up the others.
    #[must_use]
    pub fn concurrent(mut self, concurrent: bool) -> Self {
        self.concurrent = concurrent;
        self
    }

    /// Adds a step. The order in which steps are added has no meaning.
    #[must_use]
    pub fn step(mut self, step: StepSpec) -> Self {
        self.steps.push(step);
        self
    }

    /// Checks the definition.
    ///
    /// # Errors
    /// With every mistake at once: names and version that are none, no steps, steps named twice, unknown
    /// or repeated dependencies, cycles, reading what is no ancestor or may be skipped, a retry limit or a time limit of zero, two types of
    /// events or of annotations under one name.
    pub fn build(self) -> Result<WorkflowDef, DefinitionError> {
        let mut mistakes = Vec::new();
        self.check_identity(&mut mistakes);
        let index = self.index(&mut mistakes);
        let dependencies = self.dependencies(&index, &mut mistakes);
        for step in &self.steps {
            check_policy(step, &mut mistakes);
        }
        if let Some(Err(error)) = &self.config {
            mistakes.push(format!("the configuration of the workflow is no JSON: {error}"));
        }
        record::check(&self.steps, &mut mistakes);
        let names: Vec<String> = self.steps.iter().map(|step| step.name.clone()).collect();
        let order = match canonical_order(&names, &dependencies) {
            Ok(order) => order,
            Err(cycles) => {
                mistakes.extend(cycles.iter().map(|cycle| {
                    let steps = cycle.iter().map(|&step| names[step].as_str());
                    format!("the steps {} wait for each other", quoted(steps))
                }));
                Vec::new()
            }
        };
        let failed = |mistakes| Err(DefinitionError { workflow: self.id.to_string(), mistakes });
        if !mistakes.is_empty() {
            return failed(mistakes);
        }
        let placed = Placed::new(order, &dependencies);
        let reads: Vec<_> =
            self.steps.iter().map(|step| self.reads(step, &index, &placed, &mut mistakes)).collect();
        if !mistakes.is_empty() {
            return failed(mistakes);
        }
        Ok(self.in_order(placed, reads))
    }

    fn check_identity(&self, mistakes: &mut Vec<String>) {
        let WorkflowId { namespace, name, version } = &self.id;
        for (what, text) in [("namespace", namespace), ("name", name)] {
            if !is_name(text, LABEL) {
                mistakes.push(format!("the {what} `{text}` is not 1 to 64 printable characters"));
            }
        }
        if version.chars().count() > 64 {
            mistakes.push(format!("the version `{version}` is longer than 64 characters"));
        }
        if !is_semantic_version(version) {
            mistakes.push(format!("`{version}` is not a semantic version such as `1.4.0`"));
        }
        if self.steps.is_empty() {
            mistakes.push("it has no steps".to_owned());
        }
    }

    fn index(&self, mistakes: &mut Vec<String>) -> HashMap<&str, usize> {
        let mut index = HashMap::new();
        for (at, StepSpec { name, .. }) in self.steps.iter().enumerate() {
            if !is_name(name, STEP_NAME) {
                mistakes.push(format!("the step name `{name}` is not 1 to 128 printable characters"));
            }
            if index.insert(name.as_str(), at).is_some() {
                mistakes.push(format!("two steps are named `{name}`"));
            }
        }
        index
    }

    fn dependencies(&self, index: &HashMap<&str, usize>, mistakes: &mut Vec<String>) -> Vec<Vec<usize>> {
        self.steps
            .iter()
            .map(|step| {
                let mut dependencies = Vec::new();
                for name in &step.depends_on {
                    match index.get(name.as_str()) {
                        None => mistakes.push(format!(
                            "the step `{}` depends on `{name}`, which does not exist",
                            step.name
                        )),
                        Some(at) if dependencies.contains(at) => {
                            mistakes.push(format!("the step `{}` depends on `{name}` twice", step.name));
                        }
                        Some(&at) => dependencies.push(at),
                    }
                }
                dependencies
            })
            .collect()
    }

    /// The ancestors that a step reads.
    fn reads(
        &self,
        step: &StepSpec,
        index: &HashMap<&str, usize>,
        placed: &Placed,
        mistakes: &mut Vec<String>,
    ) -> Reads {
        let reader = &step.name;
        let mut mistake = |name: &str, what: &str| {
            mistakes.push(format!("the step `{reader}` reads the result of `{name}`, which {what}"));
        };
        let mut reads = Reads::default();
        if step.handler_class.is_some() {
            let dependencies = step.depends_on.iter().filter_map(|name| index.get(name.as_str()));
            for &read in dependencies {
                reads.all.push(placed.place[read]);
                if self.steps[read].optional {
                    reads.optional.push(placed.place[read]);
                }
            }
        }
        let certain = step.reads.iter().map(|name| (name, true));
        for (name, certain) in certain.chain(step.reads_optional.iter().map(|name| (name, false))) {
            let Some(&read) = index.get(name.as_str()) else {
                mistake(name, "does not exist");
                continue;
            };
            let no = placed.place[read];
            if !placed.graph.is_ancestor(no, placed.place[index[reader.as_str()]]) {
                mistake(name, "it does not depend on");
            } else if certain && self.steps[read].optional {
                mistake(name, "may be skipped; say so with `reads_optional`");
            }
            if !certain && !reads.all.contains(&no) {
                reads.optional.push(no);
            }
            reads.all.push(no);
        }
        for reads in [&mut reads.all, &mut reads.optional] {
            reads.sort_unstable();
            reads.dedup();
        }
        reads
    }

    fn in_order(self, placed: Placed, mut reads: Vec<Reads>) -> WorkflowDef {
        let Placed { order, graph, .. } = placed;
        let steps: Vec<StepDef> = order
            .iter()
            .map(|&at| {
                let StepSpec {
                    name,
                    description,
                    optional,
                    retry,
                    timeout,
                    config,
                    config_type,
                    handler_class,
                    dependent_system,
                    result_schema,
                    emits,
                    annotates,
                    ..
                } = self.steps[at].clone();
                let (emits, annotates) = (record::by_name(emits), record::by_name(annotates));
                let config = config.and_then(Result::ok);
                let Reads { all: reads, optional: reads_optional } = std::mem::take(&mut reads[at]);
                StepDef {
                    name,
                    description,
                    optional,
                    reads,
                    reads_optional,
                    retry,
                    timeout,
                    config,
                    config_type,
                    handler_class,
                    dependent_system,
                    result_schema,
                    emits,
                    annotates,
                }
            })
            .collect();
        let shape = Shape::of(steps.iter().enumerate().map(|(at, step)| {
            let dependencies = graph.dependencies(StepNo::at(at)).into_iter();
            let mut names: Vec<&str> =
                dependencies.map(|dependency| steps[dependency.index()].name.as_str()).collect();
            names.sort_unstable();
            (step.name.as_str(), names, step.optional)
        }));
        #[cfg(feature = "yaml")]
        let file = self.file;
        let Self { id, description, context_schema, config, concurrent, .. } = self;
        let config = config.and_then(Result::ok);
        let shape = if concurrent { shape } else { shape.one_at_a_time() };
        WorkflowDef {
            id,
            description,
            context_schema,
            config,
            steps,
            graph,
            concurrent,
            shape,
            #[cfg(feature = "yaml")]
            file,
        }
    }
}

/// Where the steps stand.
struct Placed {
    /// The steps, as they were added, in canonical order.
    order: Vec<usize>,
    /// The place of each.
    place: Vec<StepNo>,
    graph: Graph,
}

impl Placed {
    fn new(order: Vec<usize>, dependencies: &[Vec<usize>]) -> Self {
        let mut place = vec![StepNo(0); order.len()];
        for (at, &step) in order.iter().enumerate() {
            place[step] = StepNo::at(at);
        }
        let placed = |&step: &usize| dependencies[step].iter().map(|&dependency| place[dependency]).collect();
        let graph = Graph::in_order(&order.iter().map(placed).collect::<Vec<Vec<_>>>());
        Self { order, place, graph }
    }
}

/// The ancestors that a step reads, each once.
#[derive(Default)]
struct Reads {
    all: Vec<StepNo>,
    /// Those among them that it can do without.
    optional: Vec<StepNo>,
}

fn check_policy(step: &StepSpec, mistakes: &mut Vec<String>) {
    if step.retry.limit == 0 {
        mistakes.push(format!("the step `{}` may be executed 0 times; the least is 1", step.name));
    }
    if step.timeout == Some(Duration::ZERO) {
        mistakes.push(format!("the step `{}` has a time limit of 0", step.name));
    }
    let names = [("handler", &step.handler_class, 255), ("dependent system", &step.dependent_system, 64)];
    for (what, name, most) in names {
        if let Some(name) = name.as_ref().filter(|name| !is_name(name, most)) {
            let step = &step.name;
            mistakes.push(format!(
                "the {what} `{name}` of the step `{step}` is not 1 to {most} printable characters"
            ));
        }
    }
    if let Some(Err(error)) = &step.config {
        mistakes.push(format!("the configuration of the step `{}` is no JSON: {error}", step.name));
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RetryPolicy;

    fn workflow(steps: impl IntoIterator<Item = StepSpec>) -> Result<WorkflowDef, DefinitionError> {
        steps.into_iter().fold(WorkflowDef::builder("shop", "order", "1.0.0"), WorkflowBuilder::step).build()
    }

    #[test]
    fn the_order_of_writing_changes_nothing() {
        let a = || StepSpec::new("a");
        let b = || StepSpec::new("b").depends_on(["a"]);
        let c = || StepSpec::new("c").depends_on(["b", "a"]).reads(["a"]);
        let d = || StepSpec::new("c").depends_on(["a", "b"]).reads(["a"]);
        let one = workflow([a(), b(), c()]).unwrap();
        let other = workflow([d(), b(), a()]).unwrap();
        assert_eq!(one.shape(), other.shape());
        let names =
            |def: &WorkflowDef| def.steps().iter().map(|step| step.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&one), ["a", "b", "c"]);
        assert_eq!(names(&other), names(&one));
        assert_eq!(other.steps()[2].reads(), [StepNo(0)]);
    }

    #[test]
    fn a_workflow_that_runs_one_step_at_a_time_has_another_shape() {
        let built = |concurrent| {
            let builder = WorkflowDef::builder("shop", "order", "1.0.0").concurrent(concurrent);
            builder.step(StepSpec::new("a")).build().unwrap()
        };
        assert!(built(true).is_concurrent() && !built(false).is_concurrent());
        assert_eq!(built(true).shape(), workflow([StepSpec::new("a")]).unwrap().shape());
        assert_ne!(built(true).shape(), built(false).shape());
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let error = WorkflowDef::builder("shop", "", "1.0")
            .step(StepSpec::new("a").depends_on(["x"]))
            .step(StepSpec::new("a"))
            .step(
                StepSpec::new("b").depends_on(["c"]).retry(RetryPolicy { limit: 0, ..RetryPolicy::DEFAULT }),
            )
            .step(StepSpec::new("c").depends_on(["b"]).timeout(Duration::ZERO))
            .build()
            .unwrap_err();
        assert_eq!(
            error.mistakes(),
            [
                "the name `` is not 1 to 64 printable characters",
                "`1.0` is not a semantic version such as `1.4.0`",
                "two steps are named `a`",
                "the step `a` depends on `x`, which does not exist",
                "the step `b` may be executed 0 times; the least is 1",
                "the step `c` has a time limit of 0",
                "the steps `b`, `c` wait for each other",
            ]
        );
    }

    #[test]
    fn a_step_reads_ancestors_only() {
        let error =
            workflow([StepSpec::new("a"), StepSpec::new("b").reads(["a"]), StepSpec::new("c").reads(["d"])])
                .unwrap_err();
        assert_eq!(
            error.mistakes(),
            [
                "the step `b` reads the result of `a`, which it does not depend on",
                "the step `c` reads the result of `d`, which does not exist",
            ]
        );
    }

    #[test]
    fn what_may_be_skipped_is_read_as_such() {
        let skipped = || StepSpec::new("a").optional(true);
        let reader = || StepSpec::new("b").depends_on(["a"]);
        let error = workflow([skipped(), reader().reads(["a"])]).unwrap_err();
        assert_eq!(
            error.mistakes(),
            ["the step `b` reads the result of `a`, which may be skipped; say so with `reads_optional`"]
        );
        let one = workflow([skipped(), reader().reads_optional(["a"])]).unwrap();
        assert!(one.steps()[0].is_optional() && !one.steps()[1].is_optional());
        assert_eq!(
            (one.steps()[1].reads(), one.steps()[1].reads_optional()),
            (&[StepNo(0)][..], &[StepNo(0)][..])
        );
        let other = workflow([StepSpec::new("a"), reader().reads(["a"]).reads_optional(["a"])]).unwrap();
        assert_eq!(
            (other.steps()[1].reads(), other.steps()[1].reads_optional()),
            (&[StepNo(0)][..], &[][..])
        );
        assert_ne!(one.shape(), other.shape());
    }

    #[test]
    fn a_step_with_a_handler_by_name_takes_the_results_of_all_that_it_depends_on() {
        let workflow = workflow([
            StepSpec::new("a"),
            StepSpec::new("b").optional(true),
            StepSpec::new("c").depends_on(["a", "b"]).handler_class("C").dependent_system("billing"),
            StepSpec::new("d").depends_on(["c"]),
        ])
        .unwrap();
        let [.., c, d] = workflow.steps() else { panic!() };
        assert_eq!((c.reads(), c.reads_optional()), (&[StepNo(0), StepNo(1)][..], &[StepNo(1)][..]));
        assert_eq!((c.handler_class(), c.dependent_system()), (Some("C"), Some("billing")));
        assert!(d.reads().is_empty() && d.handler_class().is_none());
    }
}
