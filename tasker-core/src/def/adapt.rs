//! What this build makes of a graph that another one stored.
//!
//! Tasks keep the graph that they were started with. When a workflow changes and its version does not, the new code can often run the
//! old graph: the steps, their places and their edges are the stored ones, everything else (functions, policies, configuration) is this
//! build's. That takes a function for every stored step, which finds what it reads: its ancestors in the stored graph, and
//! none without a result that it counts on. Otherwise the tasks wait, and every obstacle is told to whoever asks why.
//!
//! A worker asks for each stored definition of its workflows before it enlists.

use std::collections::HashMap;

use super::{Graph, StepDef, StoredDefinition, WorkflowDef, WorkflowId};
use crate::StepNo;

/// Why a build cannot run a stored definition.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "these tasks have another graph than `{workflow}` in this build, which cannot run them: {}. \
     Or bring the old module back as it was, and give the changed one a higher `version`",
    listed(obstacles)
)]
pub(crate) struct Unfit {
    workflow: WorkflowId,
    obstacles: Vec<Obstacle>,
}

/// One thing that is missing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Obstacle {
    #[error(
        "step `{0}` of these tasks has no function; it was removed or renamed: bring it back under that name (`name = \"{0}\"`)"
    )]
    NoFunction(String),
    #[error(
        "step `{reader}` reads the result of `{read}`, a step that these tasks do not have: take the parameter out of `{reader}`"
    )]
    NoSuchStep { reader: String, read: String },
    #[error(
        "step `{reader}` reads the result of `{read}`, for which it does not wait in these tasks: take the parameter out of `{reader}`"
    )]
    NoAncestor { reader: String, read: String },
    #[error(
        "step `{reader}` reads the result of `{read}`, which may have been skipped in these tasks: take it as an `Option`"
    )]
    MaybeSkipped { reader: String, read: String },
    #[error("step `{0}` depends on a step that does not stand before it, so what is stored is no graph")]
    NoGraph(String),
    #[error("the stored graph cannot be read here, as if a newer version of Tasker wrote it")]
    Unreadable,
}

fn listed(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The stored steps and edges with the code of a build.
pub(crate) fn adapt(build: &WorkflowDef, stored: &StoredDefinition) -> Result<WorkflowDef, Unfit> {
    let unfit = |obstacles| Err(Unfit { workflow: build.id.clone(), obstacles });
    if let Some(at) = (0..stored.steps.len()).find(|&at| !depends_on_earlier_steps(stored, at)) {
        return unfit(vec![Obstacle::NoGraph(stored.steps[at].name.clone())]);
    }
    if stored.steps.is_empty() {
        return unfit(vec![Obstacle::Unreadable]);
    }
    let dependencies: Vec<_> = stored.steps.iter().map(|step| step.depends_on.clone()).collect();
    let old = Old { stored, graph: Graph::in_order(&dependencies), places: places_of(stored) };
    let functions: HashMap<&str, &StepDef> =
        build.steps.iter().map(|step| (step.name.as_str(), step)).collect();
    let (mut steps, mut obstacles) = (Vec::with_capacity(stored.steps.len()), Vec::new());
    for (at, step) in stored.steps.iter().enumerate() {
        match functions.get(step.name.as_str()) {
            Some(function) => steps.push(old.step(StepNo::at(at), function, build, &mut obstacles)),
            None => obstacles.push(Obstacle::NoFunction(step.name.clone())),
        }
    }
    if !obstacles.is_empty() {
        return unfit(obstacles);
    }
    let WorkflowDef { id, description, context_schema, config, .. } = build.clone();
    let StoredDefinition { shape, concurrent, .. } = *stored;
    Ok(WorkflowDef {
        id,
        description,
        context_schema,
        config,
        steps,
        graph: old.graph,
        concurrent,
        shape,
        #[cfg(feature = "yaml")]
        file: None,
    })
}

fn depends_on_earlier_steps(stored: &StoredDefinition, at: usize) -> bool {
    stored.steps[at].depends_on.iter().all(|dependency| dependency.index() < at)
}

fn places_of(stored: &StoredDefinition) -> HashMap<&str, StepNo> {
    stored.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), StepNo::at(at))).collect()
}

/// What the tasks were started with.
struct Old<'s> {
    stored: &'s StoredDefinition,
    graph: Graph,
    places: HashMap<&'s str, StepNo>,
}

impl Old<'_> {
    /// A step of the build at its stored place; what keeps it from running there is added to the obstacles.
    fn step(
        &self,
        no: StepNo,
        function: &StepDef,
        build: &WorkflowDef,
        obstacles: &mut Vec<Obstacle>,
    ) -> StepDef {
        // Who reads it goes by what was stored: a step that always had a result is not skipped because of a `when` that came later.
        let optional = self.stored.steps[no.index()].optional;
        let mut step =
            StepDef { reads: Vec::new(), reads_optional: Vec::new(), optional, ..function.clone() };
        if step.handler_class.is_some() {
            // It takes the results of whatever it waits for in these tasks.
            step.reads = self.graph.dependencies(no);
            let may_be_absent = |read: &&StepNo| self.stored.steps[read.index()].optional;
            step.reads_optional = step.reads.iter().filter(may_be_absent).copied().collect();
            return step;
        }
        for &read in &function.reads {
            let optional = function.reads_optional.contains(&read);
            let name = &build.steps[read.index()].name;
            match self.read(no, function, name, optional) {
                Err(obstacle) => obstacles.push(obstacle),
                Ok(place) => {
                    step.reads.push(place);
                    if optional {
                        step.reads_optional.push(place);
                    }
                }
            }
        }
        step.reads.sort_unstable();
        step.reads_optional.sort_unstable();
        step
    }

    /// Where a step finds the result that it reads.
    fn read(&self, no: StepNo, function: &StepDef, name: &str, optional: bool) -> Result<StepNo, Obstacle> {
        let (reader, read) = (function.name.clone(), name.to_owned());
        let Some(&place) = self.places.get(name) else { return Err(Obstacle::NoSuchStep { reader, read }) };
        if !self.graph.is_ancestor(place, no) {
            return Err(Obstacle::NoAncestor { reader, read });
        }
        if self.stored.steps[place.index()].optional && !optional {
            return Err(Obstacle::MaybeSkipped { reader, read });
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{DefinitionId, StepSpec, StoredStep, WorkflowBuilder};

    fn build(steps: impl IntoIterator<Item = StepSpec>) -> WorkflowDef {
        let builder = WorkflowDef::builder("shop", "order", "1.0.0");
        steps.into_iter().fold(builder, WorkflowBuilder::step).build().unwrap()
    }

    fn stored(old: &WorkflowDef) -> StoredDefinition {
        StoredDefinition {
            id: DefinitionId(1),
            shape: old.shape(),
            concurrent: old.is_concurrent(),
            steps: StoredStep::all_of(old),
            has_waiting: true,
        }
    }

    fn step(name: &str, depends_on: &[&'static str]) -> StepSpec {
        StepSpec::new(name).depends_on(depends_on.iter().copied())
    }

    /// The steps by name, each with those that it depends on.
    fn edges(workflow: &WorkflowDef) -> Vec<(String, Vec<String>)> {
        let name = |no: StepNo| workflow.steps()[no.index()].name().to_owned();
        let steps = (0..workflow.steps().len()).map(StepNo::at);
        steps
            .map(|no| (name(no), workflow.graph().dependencies(no).into_iter().map(name).collect()))
            .collect()
    }

    /// What keeps tasks of the old build from running in the new one.
    fn obstacles(old: &WorkflowDef, new: &WorkflowDef) -> Vec<String> {
        let unfit = adapt(new, &stored(old)).unwrap_err();
        unfit.obstacles.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_step_that_was_added_is_not_part_of_old_tasks() {
        let old = build([step("a", &[]), step("c", &["a"])]);
        let new = build([step("a", &[]), step("b", &["a"]), step("c", &["b"]).reads(["a"])]);
        let adapted = adapt(&new, &stored(&old)).unwrap();
        assert_eq!(edges(&adapted), edges(&old));
        assert_eq!(adapted.shape(), old.shape());
        assert_eq!(adapted.steps()[1].reads(), [StepNo(0)], "by its stored place");
    }

    #[test]
    fn edges_and_places_are_the_stored_ones_however_they_changed() {
        let old = build([step("a", &[]), step("b", &[]), step("c", &["b"])]);
        let new = build([step("c", &[]), step("b", &["c"]), step("a", &["b"])]);
        let adapted = adapt(&new, &stored(&old)).unwrap();
        assert_eq!(edges(&adapted), edges(&old));
        assert_eq!(adapted.graph().level(StepNo(2)), 1);
    }

    #[test]
    fn policies_and_configuration_are_those_of_this_build() {
        let old = build([step("a", &[]).timeout(Duration::from_secs(1)), step("b", &["a"])]);
        let new = build([step("b", &[]), step("a", &["b"]).timeout(Duration::from_secs(9)).config(&7)]);
        let adapted = adapt(&new, &stored(&old)).unwrap();
        let first = &adapted.steps()[0];
        assert_eq!((first.timeout(), first.config()), (Some(Duration::from_secs(9)), Some(&7.into())));
    }

    #[test]
    fn whether_a_step_may_be_skipped_is_as_it_was() {
        for optional in [true, false] {
            let old = build([step("a", &[]).optional(optional), step("b", &["a"])]);
            let new = build([step("a", &[]).optional(!optional), step("b", &["a"])]);
            assert_eq!(adapt(&new, &stored(&old)).unwrap().steps()[0].is_optional(), optional);
        }
    }

    #[test]
    fn whether_steps_run_one_at_a_time_is_as_it_was() {
        let of = |concurrent| {
            let builder = WorkflowDef::builder("shop", "order", "1.0.0").concurrent(concurrent);
            builder.step(step("a", &[])).step(step("b", &[])).build().unwrap()
        };
        for concurrent in [true, false] {
            let adapted = adapt(&of(!concurrent), &stored(&of(concurrent))).unwrap();
            assert_eq!((adapted.is_concurrent(), adapted.shape()), (concurrent, of(concurrent).shape()));
        }
    }

    #[test]
    fn a_step_that_was_removed_or_renamed_is_missed() {
        let old = build([step("a", &[]), step("charge", &["a"])]);
        let new = build([step("a", &[]), step("pay", &["a"])]);
        assert_eq!(
            obstacles(&old, &new),
            [
                "step `charge` of these tasks has no function; it was removed or renamed: bring it back under that \
              name (`name = \"charge\"`)"
            ]
        );
    }

    #[test]
    fn a_result_of_a_step_that_was_added_is_missed() {
        let old = build([step("a", &[])]);
        for new in [
            build([step("x", &[]), step("a", &["x"]).reads(["x"])]),
            build([step("x", &[]).optional(true), step("a", &["x"]).reads_optional(["x"])]),
        ] {
            assert_eq!(
                obstacles(&old, &new),
                [
                    "step `a` reads the result of `x`, a step that these tasks do not have: take the parameter out of `a`"
                ]
            );
        }
    }

    #[test]
    fn a_result_that_was_not_waited_for_is_missed() {
        let old = build([step("a", &[]), step("b", &[])]);
        let new = build([step("a", &[]), step("b", &["a"]).reads(["a"])]);
        assert_eq!(
            obstacles(&old, &new),
            [
                "step `b` reads the result of `a`, for which it does not wait in these tasks: take the parameter out \
              of `b`"
            ]
        );
    }

    #[test]
    fn what_may_have_been_skipped_is_read_as_such_or_not_at_all() {
        let old = build([step("a", &[]).optional(true), step("b", &["a"])]);
        let certain = build([step("a", &[]), step("b", &["a"]).reads(["a"])]);
        assert_eq!(
            obstacles(&old, &certain),
            [
                "step `b` reads the result of `a`, which may have been skipped in these tasks: take it as an `Option`"
            ]
        );
        let careful = build([step("a", &[]), step("b", &["a"]).reads_optional(["a"])]);
        let adapted = adapt(&careful, &stored(&old)).unwrap();
        let reader = &adapted.steps()[1];
        assert_eq!((reader.reads(), reader.reads_optional()), (&[StepNo(0)][..], &[StepNo(0)][..]));
        assert!(adapt(&build([step("a", &[]), step("b", &[])]), &stored(&old)).is_ok());
    }

    #[test]
    fn a_handler_by_name_takes_what_it_waits_for_in_these_tasks() {
        let class = |name: &str, depends_on: &[&'static str]| step(name, depends_on).handler_class("Any");
        let old = build([class("a", &[]).optional(true), class("b", &["a"])]);
        let new = build([class("a", &[]), class("x", &["a"]), class("b", &["x"])]);
        let adapted = adapt(&new, &stored(&old)).unwrap();
        let reader = &adapted.steps()[1];
        assert_eq!((reader.reads(), reader.reads_optional()), (&[StepNo(0)][..], &[StepNo(0)][..]));
    }

    #[test]
    fn every_obstacle_is_told_and_the_way_out() {
        let old = build([step("a", &[]), step("b", &[]), step("c", &["a"])]);
        let new = build([step("a", &[]), step("c", &["a"]).reads(["a"]), step("d", &["c"])]);
        assert_eq!(obstacles(&old, &new).len(), 1);
        let new = build([step("d", &[]), step("c", &["d"]).reads(["d"])]);
        let told = adapt(&new, &stored(&old)).unwrap_err().to_string();
        assert!(
            told.starts_with("these tasks have another graph than `shop.order@1.0.0` in this build"),
            "{told}"
        );
        for part in ["step `a` of", "step `b` of", "result of `d`", "a higher `version`"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_run() {
        let old = build([step("a", &[])]);
        let unreadable = StoredDefinition { steps: Vec::new(), ..stored(&old) };
        assert_eq!(adapt(&old, &unreadable).unwrap_err().obstacles, [Obstacle::Unreadable]);
    }

    #[test]
    fn what_is_stored_and_no_graph_is_said_so() {
        let old = build([step("a", &[]), step("b", &["a"])]);
        for dependency in [1, 7] {
            let mut broken = stored(&old);
            broken.steps[1].depends_on = vec![StepNo(dependency)];
            let unfit = adapt(&old, &broken).unwrap_err();
            assert_eq!(unfit.obstacles, [Obstacle::NoGraph("b".to_owned())]);
        }
    }
}
