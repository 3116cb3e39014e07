//! How many steps of a workflow may run at the same time in this process.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tasker_rules::suggest::quoted;

use super::BuildError;
use crate::client::suggest::Known;
use crate::registry::{Registration, Registry};
use crate::{DefinitionId, WorkflowId};

/// The limits that were given, in order: of several for one workflow the last counts.
#[derive(Default)]
pub(super) struct Limits(Vec<(Which, usize)>);

/// To which workflows a limit belongs.
enum Which {
    Type(TypeId, WorkflowId),
    /// All versions of a workflow, by namespace and name.
    Named(String, String),
}

impl Which {
    fn is(&self, registration: &Registration) -> bool {
        let id = registration.workflow.id();
        match self {
            Self::Type(workflow, _) => registration.workflow_type == Some(*workflow),
            Self::Named(namespace, name) => (&id.namespace, &id.name) == (namespace, name),
        }
    }

    /// The call that gave it, and what that names.
    fn shown(&self) -> (&'static str, String) {
        match self {
            Self::Type(_, id) => ("limit", id.to_string()),
            Self::Named(namespace, name) => ("limit_named", format!("{namespace}.{name}")),
        }
    }
}

impl Limits {
    pub(super) fn of_type(&mut self, workflow_type: TypeId, workflow: WorkflowId, steps: usize) {
        self.0.push((Which::Type(workflow_type, workflow), steps));
    }

    pub(super) fn of_name(&mut self, namespace: String, name: String, steps: usize) {
        self.0.push((Which::Named(namespace, name), steps));
    }

    /// What is wrong with them.
    pub(super) fn mistakes(&self, registry: &Registry) -> Vec<BuildError> {
        let mut wrong = Vec::new();
        for (which, steps) in &self.0 {
            let (call, shown) = which.shown();
            if *steps == 0 {
                wrong.push(format!(
                    "`{call}` of workflow `{shown}` is 0: no step of it would ever run; the least is 1"
                ));
            }
            if !registry.iter().any(|registration| which.is(registration)) {
                let help = match which {
                    Which::Type(..) => "; call `register` for it".to_owned(),
                    Which::Named(namespace, name) => registered(namespace, name, registry),
                };
                wrong.push(format!("`{call}` names workflow `{shown}`, which is not registered{help}"));
            }
        }
        wrong.into_iter().map(BuildError::Option).collect()
    }

    /// The limit of each definition that has one.
    pub(super) fn by_definition(
        &self,
        workflows: &[(DefinitionId, Arc<Registration>)],
    ) -> BTreeMap<DefinitionId, usize> {
        let limits = workflows.iter().filter_map(|(id, registration)| {
            let last = self.0.iter().rfind(|(which, _)| which.is(registration));
            last.map(|&(_, steps)| (*id, steps))
        });
        limits.collect()
    }
}

fn registered(namespace: &str, name: &str, registry: &Registry) -> String {
    let ids = || registry.iter().map(|registration| registration.workflow.id());
    let names: BTreeSet<String> = ids().map(|id| format!("{}.{}", id.namespace, id.name)).collect();
    if names.is_empty() {
        return "; no workflow is".to_owned();
    }
    let names = quoted(names.iter().map(String::as_str));
    match ids().collect::<Known<'_>>().did_you_mean(namespace, name) {
        none if none.is_empty() => format!("; registered are {names}"),
        near => format!("{near} Registered are {names}"),
    }
}
