//! The fixture graphs of Ruby Tasker's specs: who waits for whom. Each step may be executed three times.

use std::time::Duration;

use serde_json::json;
use tasker::{RetryPolicy, StepSpec, WorkflowBuilder, WorkflowDef};

/// A workflow as its steps and what they depend on.
pub(crate) struct Dag {
    pub(crate) name: &'static str,
    pub(crate) steps: &'static [(&'static str, &'static [&'static str])],
}

/// The class of the handler that all steps have.
pub(crate) const HANDLER: &str = "Scripted";

pub(crate) const LINEAR: Dag = Dag {
    name: "linear",
    steps: &[
        ("initialize_data", &[]),
        ("validate_input", &["initialize_data"]),
        ("process_data", &["validate_input"]),
        ("transform_results", &["process_data"]),
        ("validate_output", &["transform_results"]),
        ("finalize_workflow", &["validate_output"]),
    ],
};

pub(crate) const DIAMOND: Dag = Dag {
    name: "diamond",
    steps: &[
        ("start_workflow", &[]),
        ("branch_one_process", &["start_workflow"]),
        ("branch_one_validate", &["branch_one_process"]),
        ("branch_two_process", &["start_workflow"]),
        ("branch_two_validate", &["branch_two_process"]),
        ("merge_branches", &["branch_one_validate", "branch_two_validate"]),
        ("end_workflow", &["merge_branches"]),
    ],
};

pub(crate) const PARALLEL_MERGE: Dag = Dag {
    name: "parallel_merge",
    steps: &[
        ("fetch_user_data", &[]),
        ("fetch_order_data", &[]),
        ("fetch_inventory_data", &[]),
        ("fetch_pricing_data", &[]),
        ("process_user_data", &["fetch_user_data"]),
        ("process_order_data", &["fetch_order_data"]),
        (
            "merge_all_data",
            &["process_user_data", "process_order_data", "fetch_inventory_data", "fetch_pricing_data"],
        ),
    ],
};

pub(crate) const TREE: Dag = Dag {
    name: "tree",
    steps: &[
        ("root_initialization", &[]),
        ("branch_a_setup", &["root_initialization"]),
        ("branch_b_setup", &["root_initialization"]),
        ("a_task_one", &["branch_a_setup"]),
        ("a_task_two", &["branch_a_setup"]),
        ("b_task_one", &["branch_b_setup"]),
        ("b_task_two", &["branch_b_setup"]),
        ("aggregate_results", &["a_task_one", "a_task_two", "b_task_one", "b_task_two"]),
    ],
};

pub(crate) const MIXED: Dag = Dag {
    name: "mixed",
    steps: &[
        ("init_auth", &[]),
        ("init_config", &[]),
        ("validate_permissions", &["init_auth"]),
        ("setup_environment", &["init_config"]),
        ("begin_processing", &["validate_permissions", "setup_environment"]),
        ("process_critical_data", &["begin_processing"]),
        ("process_optional_data", &["begin_processing"]),
        ("cleanup_temp_files", &["setup_environment"]),
        ("finalize_and_report", &["process_critical_data", "cleanup_temp_files"]),
    ],
};

/// `dummy_task`.
pub(crate) const DUMMY: Dag = Dag {
    name: "dummy",
    steps: &[
        ("step-one", &[]),
        ("step-two", &[]),
        ("step-three", &["step-two"]),
        ("step-four", &["step-three"]),
    ],
};

/// Its variant in which the third waits for the first two.
pub(crate) const DUMMY_TWO: Dag = Dag {
    name: "dummy_two",
    steps: &[
        ("step-one", &[]),
        ("step-two", &[]),
        ("step-three", &["step-one", "step-two"]),
        ("step-four", &["step-three"]),
    ],
};

/// The graphs that run into each other's failures.
pub(crate) const ALL: [&Dag; 7] = [&LINEAR, &DIAMOND, &PARALLEL_MERGE, &TREE, &MIXED, &DUMMY, &DUMMY_TWO];

impl Dag {
    /// Waits double from `base` on.
    pub(crate) fn builder(&self, base: Duration) -> WorkflowBuilder {
        let retry = RetryPolicy { base, ..RetryPolicy::DEFAULT };
        let steps = self.steps.iter().map(|&(name, parents)| {
            StepSpec::new(name)
                .depends_on(parents.iter().copied())
                .retry(retry)
                .config(&json!({ "parents": parents }))
                .handler_class(HANDLER)
        });
        steps.fold(WorkflowDef::builder("test", self.name, "1.0.0"), WorkflowBuilder::step)
    }

    /// The same with the waits of Tasker.
    pub(crate) fn build(&self) -> WorkflowDef {
        self.builder(RetryPolicy::DEFAULT.base).build().unwrap()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.steps.iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn parents(&self, step: &str) -> &'static [&'static str] {
        self.steps.iter().find(|(name, _)| *name == step).unwrap().1
    }
}
