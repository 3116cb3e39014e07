//! What is said of a task that is to be started, and whether it can be.

use std::sync::Arc;

use serde_json::Value;
use tasker_rules::suggest::did_you_mean;

use super::super::Client;
use super::{StartError, check};
use crate::client::identity::IdentityRequest;
use crate::echo::echo;
use crate::registry::Registration;
use crate::schema::{self, Violation};
use crate::store::{Attributes, Created, NewTask};
use crate::{CorrelationId, DefinitionId, Json, StepDef, StepNo, TaskId, WorkflowDef, WorkflowId, trace};

/// Beside the workflow and the context.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Wish {
    pub(in crate::client) key: Option<String>,
    pub(in crate::client) priority: i16,
    pub(in crate::client) attributes: Attributes,
    pub(in crate::client) duplicate: Option<Duplicate>,
    /// The names of steps that are passed over.
    pub(in crate::client) bypass: Vec<String>,
    /// Whether it comes from outside: then all that is wrong is told at once.
    pub(in crate::client) from_outside: Option<WorkflowId>,
}

/// What who asks for the same again gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Duplicate {
    /// The task that there is.
    Existing,
    /// An error.
    Conflict,
}

/// When a task that was there before is an error.
#[derive(Debug, Clone)]
pub(in crate::client) enum Conflict {
    Never,
    /// The key that was given, or none if it was made.
    Always(Option<String>),
}

impl Conflict {
    pub(in crate::client) fn check(self, created: Created, workflow: &WorkflowId) -> Result<(), StartError> {
        match (self, created) {
            (Self::Always(key), Created::Existing(existing)) => {
                Err(StartError::Conflict { workflow: workflow.clone(), existing, key })
            }
            _ => Ok(()),
        }
    }
}

type Found = Result<(DefinitionId, Arc<Registration>), StartError>;

impl Wish {
    /// The task, checked.
    pub(in crate::client) fn task(
        mut self,
        client: &Client,
        registration: Found,
        context: Result<Value, String>,
    ) -> Result<(NewTask, Conflict), StartError> {
        if let Some(workflow) = self.from_outside.take() {
            return self.task_from_outside(client, &workflow, registration, context);
        }
        let (definition, registration) = registration?;
        self.check_key()?;
        self.check_request(&registration.workflow)?;
        self.task_of(client, definition, &registration, context)
    }

    /// Whether the key that was given can be one.
    pub(in crate::client) fn check_key(&self) -> Result<(), StartError> {
        match self.key.as_ref().filter(|key| !is_key(key)) {
            Some(key) => Err(StartError::InvalidKey(key.clone())),
            None => Ok(()),
        }
    }

    /// Whether what is said beside context and key fits.
    pub(in crate::client) fn check_request(&self, workflow: &WorkflowDef) -> Result<(), StartError> {
        let mut violations = self.attributes.violations();
        violations.extend(self.cannot_bypass(workflow));
        if violations.is_empty() {
            return Ok(());
        }
        Err(StartError::InvalidRequest { workflow: workflow.id().to_string(), violations })
    }

    /// The task, if its context fits; all else was checked.
    pub(in crate::client) fn task_of(
        self,
        client: &Client,
        definition: DefinitionId,
        registration: &Registration,
        context: Result<Value, String>,
    ) -> Result<(NewTask, Conflict), StartError> {
        let context = check(registration, context, client.0.max_payload)?;
        self.checked(client, definition, registration, context)
    }

    fn task_from_outside(
        self,
        client: &Client,
        workflow: &WorkflowId,
        registration: Found,
        context: Result<Value, String>,
    ) -> Result<(NewTask, Conflict), StartError> {
        let mut violations = Vec::new();
        let context = match &registration {
            Err(error) => {
                violations.push(Violation { path: "/name".to_owned(), message: error.to_string() });
                None
            }
            Ok((_, registration)) => match check(registration, context, client.0.max_payload) {
                Ok(context) => Some(context),
                Err(StartError::InvalidContext { violations: those, .. }) => {
                    violations.extend(those.into_iter().map(|Violation { path, message }| Violation {
                        path: format!("/context{path}"),
                        message,
                    }));
                    None
                }
                Err(other) => {
                    violations.push(Violation { path: "/context".to_owned(), message: other.to_string() });
                    None
                }
            },
        };
        let unknown_alone = registration.is_err();
        if let Err(error) = self.check_key() {
            let message = error.to_string();
            violations.push(Violation { path: "/idempotency_key".to_owned(), message });
        }
        violations.extend(self.attributes.violations());
        if let Ok((_, registration)) = &registration {
            violations.extend(self.cannot_bypass(&registration.workflow));
        }
        match (registration, context) {
            (Ok((definition, registration)), Some(context)) if violations.is_empty() => {
                self.checked(client, definition, &registration, context)
            }
            (Err(error), _) if unknown_alone && violations.len() == 1 => Err(error),
            _ => Err(StartError::InvalidRequest { workflow: workflow.to_string(), violations }),
        }
    }

    /// The steps that are to be passed over and cannot be.
    fn cannot_bypass(&self, workflow: &WorkflowDef) -> Vec<Violation> {
        let wrong = |(at, name): (usize, &String)| {
            let message = match workflow.find(name).and_then(|no| workflow.step(no)) {
                Some(step) if step.is_optional() => return None,
                Some(_) => format!(
                    "the step `{name}` may not be passed over, because others count on its result; only one with `skippable` or \
                     `when`, or with `skippable: true` in its file, may"
                ),
                None => {
                    let steps = workflow.steps().iter().map(StepDef::name);
                    format!("there is no step `{}`{}", echo(name, 100), did_you_mean(name, steps))
                }
            };
            Some(Violation { path: format!("/bypass_steps/{at}"), message })
        };
        schema::first_of(self.bypass.iter().enumerate().filter_map(wrong))
    }

    fn checked(
        self,
        client: &Client,
        definition: DefinitionId,
        registration: &Registration,
        context: Json,
    ) -> Result<(NewTask, Conflict), StartError> {
        let workflow = Arc::clone(&registration.workflow);
        let Self { key, priority, mut attributes, duplicate, bypass, .. } = self;
        // What is started by a step belongs to the request that the step's task came from.
        attributes.correlation_id =
            attributes.correlation_id.or_else(|| CorrelationId::current().map(String::from));
        let mut bypass: Vec<StepNo> = bypass.iter().filter_map(|step| workflow.find(step)).collect();
        bypass.sort_unstable();
        bypass.dedup();
        let (key, conflict) = match (key, duplicate) {
            (Some(key), Some(Duplicate::Conflict)) => (Some(key.clone()), Conflict::Always(Some(key))),
            (Some(key), _) => (Some(key), Conflict::Never),
            (None, duplicate) => {
                let request = IdentityRequest {
                    workflow: workflow.id(),
                    context: &context,
                    attributes: &attributes,
                    bypass: &bypass,
                };
                let key = client.0.identity.key(&request, &*client.0.store);
                if let Some(key) = key.as_ref().filter(|key| !is_key(key)) {
                    return Err(StartError::InvalidKey(key.clone()));
                }
                let returned = duplicate == Some(Duplicate::Existing);
                (key, if returned { Conflict::Never } else { Conflict::Always(None) })
            }
        };
        let id = TaskId::random();
        trace::starts(id, &workflow, &mut attributes);
        Ok((
            NewTask { id, definition, workflow, idempotency_key: key, context, priority, attributes, bypass },
            conflict,
        ))
    }
}

fn is_key(key: &str) -> bool {
    (1..=255).contains(&key.chars().count())
}
