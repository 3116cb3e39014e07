//! The workflows of this process: their definitions, and the functions of their steps.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::handler::{Handlers, NoHandler};
use crate::param::{Invocation, StepInput};
use crate::schema::{self, ContextSchema, Refusal, SchemaError, Violation};
use crate::step::{BoxFuture, Ended, Executable, HandlerFn, Workflow};
use crate::{
    DefinitionError, Json, StepDef, StepError, StepMistake, StepMistakes, StepNo, WorkflowDef, WorkflowId,
};

/// A workflow with everything that is needed to start and run it.
pub(crate) struct Registration {
    pub(crate) workflow: Arc<WorkflowDef>,
    /// The type that `#[workflow]` made of the module, where it is one.
    pub(crate) workflow_type: Option<TypeId>,
    schema: ContextSchema,
    /// Reads a context as the workflow's type and writes it again, defaults filled in.
    normalize: Option<Normalize>,
    handlers: Vec<Arc<dyn Handler>>,
}

type Normalize = fn(&Value) -> Result<Json, Violation>;

/// What runs the steps of one definition: its functions, in the order of its steps.
pub(crate) struct Runner {
    pub(crate) workflow: Arc<WorkflowDef>,
    handlers: Vec<Arc<dyn Handler>>,
}

impl Runner {
    pub(crate) fn handler(&self, step: StepNo) -> Option<&Arc<dyn Handler>> {
        self.handlers.get(step.index())
    }
}

/// The function of a step, whatever the application state.
pub(crate) trait Handler: Send + Sync {
    fn run(&self, input: StepInput) -> BoxFuture<'static, Result<Ended, StepError>>;

    /// What is wrong with the description of a step that it is to run.
    fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
        let _ = step;
        Ok(())
    }
}

struct Bound<A> {
    app: Arc<A>,
    function: HandlerFn<A>,
}

impl<A: Send + Sync + 'static> Handler for Bound<A> {
    fn run(&self, input: StepInput) -> BoxFuture<'static, Result<Ended, StepError>> {
        let (app, function) = (Arc::clone(&self.app), self.function);
        Box::pin(async move { function(&Invocation { app: &app, input: &input }).await })
    }
}

/// A workflow that cannot be registered.
#[derive(thiserror::Error)]
pub enum RegisterError {
    /// Its definition does not hold together.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The schema of its context is not one.
    #[error("the context schema of workflow `{workflow}` cannot be used: {source}")]
    Schema {
        /// The workflow.
        workflow: WorkflowId,
        /// What is wrong with it.
        source: SchemaError,
    },
    /// Another workflow has its namespace, name and version.
    #[error(
        "workflow `{0}` is registered twice; give one of the two another version or name, or put it in the other's place with `replace`"
    )]
    Duplicate(WorkflowId),
    /// Steps of a workflow have no handler; each line is one of them.
    #[error("workflow `{workflow}` cannot be registered: {}", missing.join("; "))]
    NoHandler {
        /// The workflow.
        workflow: WorkflowId,
        /// Each step without a handler, and what could be done about it.
        missing: Vec<String>,
    },
    /// Handlers cannot run steps as they are described.
    #[error("workflow `{workflow}` cannot be registered: {}", mistakes.join("; "))]
    Misdescribed {
        /// The workflow.
        workflow: WorkflowId,
        /// What each handler says about its step.
        mistakes: Vec<String>,
    },
    /// Two handlers were given under one name.
    #[error("two handlers are registered as {0}; give one of the two another name")]
    HandlerTwice(String),
}

impl Registration {
    /// Binds the functions of a workflow to an application.
    pub(crate) fn of<W: Executable<A>, A: Send + Sync + 'static>(
        app: &Arc<A>,
    ) -> Result<Self, RegisterError> {
        let workflow = W::define().build()?;
        let schema = schema_of(&workflow)?;
        let functions: HashMap<_, _> = W::handlers().into_iter().collect();
        let handlers = workflow.steps().iter().map(|step| {
            // One macro wrote both lists.
            let function = functions[step.name()];
            Arc::new(Bound { app: Arc::clone(app), function }) as Arc<dyn Handler>
        });
        let handlers = handlers.collect();
        Ok(Self {
            workflow: Arc::new(workflow),
            workflow_type: Some(TypeId::of::<W>()),
            schema,
            normalize: Some(normalize::<W>),
            handlers,
        })
    }

    /// Gives each step of a workflow that is no module the handler that it names.
    pub(crate) fn dynamic(workflow: WorkflowDef, handlers: &Handlers) -> Result<Self, RegisterError> {
        let schema = schema_of(&workflow)?;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for step in workflow.steps() {
            match handlers.of(step) {
                Ok(handler) => found.push(Arc::clone(handler)),
                Err(why) => missing.push(without_handler(step, &why)),
            }
        }
        if !missing.is_empty() {
            return Err(RegisterError::NoHandler { workflow: workflow.id().clone(), missing });
        }
        handlers.tell_of_stand_ins(&workflow);
        Ok(Self {
            workflow: Arc::new(workflow),
            workflow_type: None,
            schema,
            normalize: None,
            handlers: found,
        })
    }

    /// The context as it is stored: with the defaults of the schema, checked against it, read as the workflow's type where it has one. One
    /// that has more bytes of JSON than this is not looked at.
    pub(crate) fn accept(&self, mut context: Value, limit: usize) -> Result<Json, Refusal> {
        let size = Json::size_of(&context);
        if size > limit {
            return Err(Refusal::TooLarge(size));
        }
        self.schema.take(&mut context, limit)?;
        let whole = |message: String| Violation { path: String::new(), message };
        let context = match self.normalize {
            Some(normalize) => normalize(&context),
            None => Json::of(&context).map_err(|error| whole(error.to_string())),
        };
        let context = context.map_err(|violation| Refusal::Violations(vec![violation]))?;
        let size = context.as_str().len();
        if size > limit { Err(Refusal::TooLarge(size)) } else { Ok(context) }
    }

    /// Reads the schema of the context anew, after a file added to it what it asks for.
    #[cfg(feature = "yaml")]
    pub(crate) fn read_schema_again(&mut self) {
        // The file was refused if this were none.
        if let Ok(schema) = schema_of(&self.workflow) {
            self.schema = schema;
        }
    }

    /// Overrides the configuration of a step by a patch, which an environment variable may hold; the message says what is wrong with it.
    pub(crate) fn configure(
        &mut self,
        step: &str,
        patch: &Value,
        variable: Option<&str>,
    ) -> Result<(), String> {
        Arc::make_mut(&mut self.workflow).configure_by(step, patch, variable)
    }

    /// Asks the handlers whether they can run their steps as these are described; what was told already is left out.
    pub(crate) fn check(
        &self,
        told: &BTreeSet<(WorkflowId, String, StepMistake)>,
    ) -> Result<(), RegisterError> {
        let workflow = self.workflow.id();
        let mistakes = self.mistakes().into_iter();
        let mistakes = mistakes.map(|(step, mistake)| (workflow.clone(), step, mistake));
        let mistakes: Vec<String> = mistakes
            .filter(|mistake| !told.contains(mistake))
            .map(|(_, step, mistake)| misdescribed(&step, &mistake.to_string()))
            .collect();
        if mistakes.is_empty() {
            return Ok(());
        }
        Err(RegisterError::Misdescribed { workflow: workflow.clone(), mistakes })
    }

    /// What handlers say about their steps.
    pub(crate) fn mistakes(&self) -> Vec<(String, StepMistake)> {
        let mut all = Vec::new();
        for (step, handler) in self.workflow.steps().iter().zip(&self.handlers) {
            if let Err(mistakes) = handler.check(step) {
                let mistakes = mistakes.mistakes().iter().cloned();
                all.extend(mistakes.map(|mistake| (step.name().to_owned(), mistake)));
            }
        }
        all
    }

    /// What runs the workflow as it was registered.
    pub(crate) fn runner(&self) -> Runner {
        Runner { workflow: Arc::clone(&self.workflow), handlers: self.handlers.clone() }
    }

    /// What runs some of the same steps, in whatever order.
    pub(crate) fn runner_of(&self, adapted: WorkflowDef) -> Runner {
        let functions: HashMap<&str, &Arc<dyn Handler>> =
            self.workflow.steps().iter().map(StepDef::name).zip(&self.handlers).collect();
        // What is adapted has only steps of this workflow.
        let handlers = adapted.steps().iter().map(|step| Arc::clone(functions[step.name()])).collect();
        Runner { workflow: Arc::new(adapted), handlers }
    }

    /// Puts others in the place of the functions of the steps, or around them.
    #[cfg(feature = "testing")]
    pub(crate) fn replace_handlers(
        &mut self,
        replace: impl Fn(&mut WorkflowDef, StepNo, Arc<dyn Handler>) -> Arc<dyn Handler>,
    ) {
        let workflow = Arc::make_mut(&mut self.workflow);
        for (at, handler) in self.handlers.iter_mut().enumerate() {
            *handler = replace(workflow, StepNo::at(at), Arc::clone(handler));
        }
    }
}

fn schema_of(workflow: &WorkflowDef) -> Result<ContextSchema, RegisterError> {
    ContextSchema::new(workflow.context_schema())
        .map_err(|source| RegisterError::Schema { workflow: workflow.id().clone(), source })
}

fn without_handler(step: &StepDef, why: &NoHandler) -> String {
    let name = step.name();
    match why {
        NoHandler::NotNamed => format!("the step `{name}` names no handler; say which with `handler_class`"),
        NoHandler::NotRegistered(help) => {
            let class = step.handler_class().unwrap_or_default();
            format!("the step `{name}` needs the handler `{class}`, which is not registered; {help}")
        }
    }
}

/// What a handler says about a step, as it is shown.
pub(crate) fn misdescribed(step: &str, mistake: &str) -> String {
    format!("the handler of the step `{step}` cannot run it: {mistake}")
}

fn normalize<W: Workflow>(context: &Value) -> Result<Json, Violation> {
    let context: W::Context = schema::read(context)?;
    Json::of(&context).map_err(|error| Violation { path: String::new(), message: error.to_string() })
}

/// The registrations by name.
#[derive(Default)]
pub(crate) struct Registry(Vec<Arc<Registration>>);

impl Registry {
    pub(crate) fn add(&mut self, registration: Registration) -> Result<(), RegisterError> {
        let id = registration.workflow.id();
        if self.find(id).is_some() {
            return Err(RegisterError::Duplicate(id.clone()));
        }
        self.0.push(Arc::new(registration));
        Ok(())
    }

    /// Puts a registration in the place of the one of the same name and version.
    pub(crate) fn replace(&mut self, registration: Registration) {
        self.0.retain(|known| known.workflow.id() != registration.workflow.id());
        self.0.push(Arc::new(registration));
    }

    pub(crate) fn find(&self, id: &WorkflowId) -> Option<&Arc<Registration>> {
        self.0.iter().find(|registration| registration.workflow.id() == id)
    }

    /// The registrations that nobody uses yet.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Registration> {
        self.0.iter_mut().filter_map(Arc::get_mut)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.0.iter()
    }
}
