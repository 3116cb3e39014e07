//! The workflows of this process, by namespace, name and version, as whoever shows or checks them asks for them.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::Serialize;
use serde_json::Value;
use tasker_rules::suggest::{did_you_mean, quoted};

use super::{Client, Tasker};
use crate::{StepNo, WorkflowDef, WorkflowId};

/// The version that stands for the latest one.
pub(super) const LATEST: &str = "latest";

/// The workflows that this process has registered. It is made by [`Tasker::registry`].
///
/// ```
/// # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
/// # extern crate tasker_core as tasker;
/// #[workflow(namespace = "shop", version = "1.10.0", context = u32)]
/// mod order {
///     # use super::StepError;
///     #[step]
///     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
///
///     #[step(depends_on = charge)]
///     pub async fn ship() -> Result<(), StepError> { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
/// let registry = tasker.registry();
/// let order = registry.workflow("shop", "order", None)?;
/// assert_eq!(order.workflow.version, "1.10.0");
/// assert_eq!(order.dependency_graph.execution_order, ["charge", "ship"]);
///
/// let unknown = registry.workflow("shop", "ordr", None).unwrap_err();
/// assert_eq!(
///     unknown.to_string(),
///     "No task handler for ordr in namespace shop; did you mean `order`? The namespace has `order`"
/// );
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WorkflowRegistry(Client);

/// A workflow at a version, as a [`WorkflowRegistry`] shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegisteredWorkflow {
    /// Namespace, name and version.
    #[serde(flatten)]
    pub workflow: WorkflowId,
    /// Whether no later version of it is registered.
    pub is_latest: bool,
    /// What it is for.
    pub description: String,
    /// Whether steps of one task may run at the same time.
    pub concurrent: bool,
    /// The JSON Schema of its context, where it has one.
    pub context_schema: Option<Value>,
    /// Its steps, and which of them waits for which.
    pub dependency_graph: DependencyGraph,
}

/// The steps of a workflow, and which of them waits for which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DependencyGraph {
    /// The steps by name, in canonical order.
    pub nodes: Vec<String>,
    /// What a step waits for.
    pub edges: Vec<DependencyEdge>,
    /// An order in which the steps can run one after the other: each after what it waits for.
    pub execution_order: Vec<String>,
}

/// A step that waits for another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DependencyEdge {
    /// What it waits for.
    pub from: String,
    /// The step that waits.
    pub to: String,
}

/// How many workflows there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegistryStatistics {
    /// The namespaces that have a workflow.
    pub total_namespaces: usize,
    /// The workflows, each version counted.
    pub total_workflows: usize,
    /// The steps of all of them.
    pub total_steps: usize,
    /// How many workflows each namespace has, each version counted.
    pub workflows_by_namespace: BTreeMap<String, usize>,
    /// The versions of each workflow of each namespace, the latest last.
    pub versions_by_namespace: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A namespace, a workflow or a version that this process has not registered.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownWorkflow {
    /// There is no such namespace.
    #[error("No task handler in namespace {namespace}{}", of_namespace(namespace, known, elsewhere))]
    Namespace {
        /// What was asked for.
        namespace: String,
        /// The namespaces there are.
        known: Vec<String>,
        /// Those of them that have a workflow of the name that was asked for.
        elsewhere: Vec<String>,
    },
    /// The namespace has no such workflow.
    #[error("No task handler for {name} in namespace {namespace}{}", of_name(name, known, elsewhere))]
    Name {
        /// The namespace.
        namespace: String,
        /// What was asked for.
        name: String,
        /// The workflows of the namespace.
        known: Vec<String>,
        /// The namespaces that have a workflow of this name.
        elsewhere: Vec<String>,
    },
    /// The workflow has no such version.
    #[error(
        "No task handler for {name} in namespace {namespace} and version {version}{}",
        help("workflow", "version", "", known)
    )]
    Version {
        /// The namespace.
        namespace: String,
        /// The workflow.
        name: String,
        /// What was asked for.
        version: String,
        /// Its versions, the latest last.
        known: Vec<String>,
    },
}

fn of_namespace(namespace: &str, known: &[String], elsewhere: &[String]) -> String {
    let near = did_you_mean(namespace, known.iter().map(String::as_str));
    let hint = match elsewhere {
        [_, ..] if near.is_empty() => format!("; did you mean that of namespace {}?", any_of(elsewhere)),
        _ => near,
    };
    help("process", "namespace", &hint, known)
}

fn of_name(name: &str, known: &[String], elsewhere: &[String]) -> String {
    let hint = match elsewhere {
        [] => did_you_mean(name, known.iter().map(String::as_str)),
        elsewhere => format!("; did you mean that of namespace {}?", any_of(elsewhere)),
    };
    help("namespace", "workflow", &hint, known)
}

fn any_of(namespaces: &[String]) -> String {
    namespaces.iter().map(|namespace| format!("`{namespace}`")).collect::<Vec<_>>().join(" or ")
}

fn help(owner: &str, what: &str, hint: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("; the {owner} has no {what}");
    }
    let end = if hint.is_empty() { "; the" } else { " The" };
    format!("{hint}{end} {owner} has {}", quoted(known.iter().map(String::as_str)))
}

/// How a version stands to others: 1.10.0 is later than 1.9.0, and a pre-release earlier than its release.
pub(super) fn version_of(id: &WorkflowId) -> Version {
    // The builder checked it.
    Version::parse(&id.version).unwrap_or_else(|_| Version::new(0, 0, 0))
}

impl Tasker {
    /// The workflows that this process has registered.
    #[must_use]
    pub fn registry(&self) -> WorkflowRegistry {
        WorkflowRegistry(self.0.client.clone())
    }
}

impl WorkflowRegistry {
    /// The namespaces that have a workflow, in order.
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        let namespaces: BTreeSet<&str> = self.all().map(|known| known.id().namespace.as_str()).collect();
        namespaces.into_iter().map(str::to_owned).collect()
    }

    /// The names of the workflows of a namespace, in order.
    ///
    /// # Errors
    /// When the namespace has none.
    pub fn names(&self, namespace: &str) -> Result<Vec<String>, UnknownWorkflow> {
        let of_namespace = self.all().map(WorkflowDef::id).filter(|id| id.namespace == namespace);
        let names: BTreeSet<&str> = of_namespace.map(|id| id.name.as_str()).collect();
        if names.is_empty() {
            let (namespace, known) = (namespace.to_owned(), self.namespaces());
            return Err(UnknownWorkflow::Namespace { namespace, known, elsewhere: Vec::new() });
        }
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    /// The versions of a workflow, the latest last: by semantic version, so that 1.10.0 comes after 1.9.0, and a pre-release before its
    /// release.
    ///
    /// # Errors
    /// When the namespace or the workflow is not known.
    pub fn versions(&self, namespace: &str, name: &str) -> Result<Vec<String>, UnknownWorkflow> {
        let versions = self.sorted(namespace, name);
        if versions.is_empty() {
            let elsewhere = self.0.known().namespaces_of(name).into_iter().map(str::to_owned).collect();
            let (of, name) = (namespace.to_owned(), name.to_owned());
            return Err(match self.names(namespace) {
                Ok(known) => UnknownWorkflow::Name { namespace: of, name, known, elsewhere },
                Err(_) => UnknownWorkflow::Namespace { namespace: of, known: self.namespaces(), elsewhere },
            });
        }
        Ok(versions.into_iter().map(|known| known.id().version.clone()).collect())
    }

    /// A workflow at a version; none, or `latest`, is the latest one.
    ///
    /// # Errors
    /// When the namespace, the workflow or the version is not known.
    pub fn workflow(
        &self,
        namespace: &str,
        name: &str,
        version: Option<&str>,
    ) -> Result<RegisteredWorkflow, UnknownWorkflow> {
        let known = self.versions(namespace, name)?;
        let wanted = version.filter(|version| *version != LATEST);
        let mut sorted = self.sorted(namespace, name);
        let found = match wanted {
            None => sorted.pop(),
            Some(version) => sorted.into_iter().find(|known| known.id().version == version),
        };
        found.map(|found| self.shown(found)).ok_or_else(|| UnknownWorkflow::Version {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            version: version.unwrap_or(LATEST).to_owned(),
            known,
        })
    }

    /// All workflows, of one namespace or of all, by namespace and name, the latest version last.
    #[must_use]
    pub fn workflows(&self, namespace: Option<&str>) -> Vec<RegisteredWorkflow> {
        let wanted = |known: &&WorkflowDef| namespace.is_none_or(|wanted| known.id().namespace == wanted);
        let mut all: Vec<&WorkflowDef> = self.all().filter(wanted).collect();
        all.sort_by_key(|known| (&known.id().namespace, &known.id().name, version_of(known.id())));
        all.into_iter().map(|known| self.shown(known)).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn statistics(&self) -> RegistryStatistics {
        let mut versions_by_namespace: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        let mut workflows_by_namespace = BTreeMap::new();
        let mut total_steps = 0;
        for RegisteredWorkflow { workflow, dependency_graph, .. } in self.workflows(None) {
            let WorkflowId { namespace, name, version } = workflow;
            *workflows_by_namespace.entry(namespace.clone()).or_default() += 1;
            versions_by_namespace.entry(namespace).or_default().entry(name).or_default().push(version);
            total_steps += dependency_graph.nodes.len();
        }
        RegistryStatistics {
            total_namespaces: workflows_by_namespace.len(),
            total_workflows: workflows_by_namespace.values().sum(),
            total_steps,
            workflows_by_namespace,
            versions_by_namespace,
        }
    }

    fn all(&self) -> impl Iterator<Item = &WorkflowDef> {
        self.0.0.workflows.iter().map(|(_, known)| &*known.workflow)
    }

    fn sorted(&self, namespace: &str, name: &str) -> Vec<&WorkflowDef> {
        let named = self.all().filter(|known| known.id().namespace == namespace && known.id().name == name);
        let mut named: Vec<_> = named.collect();
        named.sort_by_key(|known| version_of(known.id()));
        named
    }

    fn shown(&self, workflow: &WorkflowDef) -> RegisteredWorkflow {
        let id = workflow.id();
        let latest = self.sorted(&id.namespace, &id.name).pop();
        RegisteredWorkflow {
            workflow: id.clone(),
            is_latest: latest.is_some_and(|latest| latest.id() == id),
            description: workflow.description().to_owned(),
            concurrent: workflow.is_concurrent(),
            context_schema: workflow.context_schema().cloned(),
            dependency_graph: DependencyGraph::of(workflow),
        }
    }
}

impl DependencyGraph {
    fn of(workflow: &WorkflowDef) -> Self {
        let nodes: Vec<String> = workflow.steps().iter().map(|step| step.name().to_owned()).collect();
        let numbers = (0..nodes.len()).map(StepNo::at);
        let edges = numbers.flat_map(|to| {
            let dependencies = workflow.graph().dependencies(to).into_iter();
            dependencies.map(move |from| (from.index(), to.index()))
        });
        let edges =
            edges.map(|(from, to)| DependencyEdge { from: nodes[from].clone(), to: nodes[to].clone() });
        // The canonical order is topological.
        Self { edges: edges.collect(), execution_order: nodes.clone(), nodes }
    }
}
