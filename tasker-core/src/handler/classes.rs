//! The handlers of an application, by the names under which files and definitions ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;
use tasker_rules::suggest::{did_you_mean, nearest, quoted};

use super::StepHandler;
use super::execution::Handled;
use super::unannounced::Unannounced;
use crate::registry::Handler;
use crate::{StepDef, WorkflowDef, WorkflowId};

/// What was given to a builder.
#[derive(Default)]
pub(crate) struct Handlers {
    classes: BTreeMap<String, Arc<dyn Handler>>,
    /// For steps whose class is not there, by the `type` of their configuration.
    kinds: BTreeMap<String, Arc<dyn Handler>>,
    /// Kinds that the application said nothing about.
    #[cfg(feature = "http")]
    own_kinds: BTreeSet<String>,
    unannounced: Arc<Unannounced>,
}

/// Why a step has no handler.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoHandler {
    /// Its description names none.
    NotNamed,
    /// No handler has that name; what could be done about it.
    NotRegistered(String),
}

impl Handlers {
    /// Adds a handler; false if there is one of that name.
    pub(crate) fn add(&mut self, class: String, handler: impl StepHandler) -> bool {
        let runs = self.handled(handler);
        self.classes.insert(class, runs).is_none()
    }

    /// Adds what runs the steps of a kind that have no handler of their own; false if there is one.
    pub(crate) fn add_kind(&mut self, kind: String, handler: impl StepHandler) -> bool {
        let runs = self.handled(handler);
        self.kinds.insert(kind, runs).is_none()
    }

    fn handled(&self, handler: impl StepHandler) -> Arc<dyn Handler> {
        Arc::new(Handled { handler: Arc::new(handler), unannounced: Arc::clone(&self.unannounced) })
    }

    /// Adds what runs the steps of a kind, unless the application has said so itself.
    #[cfg(feature = "http")]
    pub(crate) fn add_kind_unless_there<H: StepHandler>(&mut self, kind: &str, handler: impl FnOnce() -> H) {
        if !self.kinds.contains_key(kind) {
            self.add_kind(kind.to_owned(), handler());
            self.own_kinds.insert(kind.to_owned());
        }
    }

    /// What runs a step.
    pub(crate) fn of(&self, step: &StepDef) -> Result<&Arc<dyn Handler>, NoHandler> {
        let class = step.handler_class().ok_or(NoHandler::NotNamed)?;
        let shown = step.shown_config().and_then(kind_of);
        let found = self.find(class, step.config().and_then(kind_of));
        found.ok_or_else(|| NoHandler::NotRegistered(self.help(class, shown)))
    }

    /// Says in the log which steps are run by the handler of their type, because the one that they name is not there. One that is nearly
    /// one which is may be a slip.
    pub(crate) fn tell_of_stand_ins(&self, workflow: &WorkflowDef) {
        let steps = workflow.steps().iter().filter_map(|step| Some((step.name(), step.handler_class()?)));
        for (step, class) in steps.filter(|(_, class)| !self.classes.contains_key(*class)) {
            let WorkflowId { namespace, name: workflow, version } = workflow.id();
            if let Some(meant) = self.meant_by(class) {
                tracing::warn!(
                    namespace,
                    workflow,
                    version,
                    step,
                    class,
                    meant,
                    "the handler of a type stands in for a class that may be a slip"
                );
            } else {
                tracing::info!(
                    namespace,
                    workflow,
                    version,
                    step,
                    class,
                    "the handler of a type stands in for a class"
                );
            }
        }
    }

    /// Says in the log which handlers no step asks for. One registration may serve several programs, so that is no mistake; but it may be a
    /// slip of a name.
    pub(crate) fn tell_of_unused<'w>(&self, workflows: impl IntoIterator<Item = &'w WorkflowDef>) {
        let steps = workflows.into_iter().flat_map(WorkflowDef::steps);
        let named: Vec<_> = steps.filter_map(|step| Some((step.handler_class()?, step))).collect();
        let wanted: BTreeSet<&str> = named.iter().map(|(class, _)| *class).collect();
        for class in self.classes.keys().map(String::as_str).filter(|class| !wanted.contains(class)) {
            let meant = nearest(class, wanted.iter().copied());
            let wanted = quoted(wanted.iter().copied());
            tracing::warn!(class, meant, wanted, "a handler is registered that no step asks for");
        }
        let others = named.iter().filter(|(class, _)| !self.classes.contains_key(*class));
        let kinds: BTreeSet<&str> = others.filter_map(|(_, step)| kind_of(step.config()?)).collect();
        for kind in self.kinds_of_application().filter(|kind| !kinds.contains(kind)) {
            tracing::warn!(
                "type" = kind,
                "a handler is registered for a type, and no step of that type is without a handler of its own"
            );
        }
    }

    #[cfg(feature = "http")]
    fn kinds_of_application(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().filter(|kind| !self.own_kinds.contains(*kind)).map(String::as_str)
    }

    #[cfg(not(feature = "http"))]
    fn kinds_of_application(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    /// What runs steps of a class, or of a kind if there is none of the class.
    pub(crate) fn find(&self, class: &str, kind: Option<&str>) -> Option<&Arc<dyn Handler>> {
        self.classes.get(class).or_else(|| self.kinds.get(kind?))
    }

    /// The registered class that one which is not may be a slip of.
    fn meant_by(&self, class: &str) -> Option<&str> {
        nearest(class, self.classes.keys().map(String::as_str))
    }

    /// What is there instead of a class, and what could be done.
    pub(crate) fn help(&self, class: &str, kind: Option<&str>) -> String {
        let names = || self.classes.keys().map(String::as_str);
        let mut help = format!("register it with `.handler(\"{class}\", ..)`");
        if let Some(kind) = kind {
            let _ =
                write!(help, ", or what runs all steps of its type with `.handler_for_type(\"{kind}\", ..)`");
            if let Some(near) = nearest(kind, self.kinds.keys().map(String::as_str)) {
                let _ = write!(help, "; did you mean `type: {near}`?");
            }
        }
        if self.classes.is_empty() {
            help.push_str("; no handler is registered");
        } else {
            let _ = write!(help, "; registered are {}{}", quoted(names()), did_you_mean(class, names()));
        }
        help
    }
}

/// What a configuration says to be: `api` for `type: api`.
pub(crate) fn kind_of(config: &Value) -> Option<&str> {
    config.get("type")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{StepSpec, WorkflowDef, handler_fn};

    fn nothing() -> impl StepHandler {
        handler_fn(|_, _, _| async { Ok(Value::Null) })
    }

    fn step(spec: StepSpec) -> StepDef {
        WorkflowDef::builder("a", "b", "1.0.0").step(spec).build().unwrap().steps()[0].clone()
    }

    #[test]
    fn a_step_finds_its_class_and_then_its_kind() {
        let mut handlers = Handlers::default();
        assert!(handlers.add("Shop::Charge".into(), nothing()));
        assert!(!handlers.add("Shop::Charge".into(), nothing()));
        let api = || StepSpec::new("a").config(&json!({"type": "api"}));
        assert!(handlers.of(&step(api().handler_class("Shop::Charge"))).is_ok());
        assert!(handlers.of(&step(api().handler_class("Shop::Fetch"))).is_err());
        assert!(handlers.add_kind("api".into(), nothing()));
        assert!(handlers.of(&step(api().handler_class("Shop::Fetch"))).is_ok());
        assert_eq!(handlers.meant_by("Shop::Fetch"), None);
        assert_eq!(handlers.meant_by("Shop::Chrage"), Some("Shop::Charge"), "which is told in the log");
    }

    #[test]
    fn what_is_missing_is_told_with_what_there_is() {
        let mut handlers = Handlers::default();
        let charge = step(StepSpec::new("a").handler_class("Shop::Chagre"));
        let told = |handlers: &Handlers, step: &StepDef| handlers.of(step).err().unwrap();
        assert_eq!(told(&handlers, &step(StepSpec::new("a"))), NoHandler::NotNamed);
        assert_eq!(
            told(&handlers, &charge),
            NoHandler::NotRegistered(
                "register it with `.handler(\"Shop::Chagre\", ..)`; no handler is registered".into()
            )
        );
        handlers.add("Shop::Charge".into(), nothing());
        assert_eq!(
            told(&handlers, &charge),
            NoHandler::NotRegistered(
                "register it with `.handler(\"Shop::Chagre\", ..)`; registered are `Shop::Charge`; did you mean `Shop::Charge`?"
                    .into()
            )
        );
        let api = step(StepSpec::new("a").handler_class("Shop::Ask").config(&json!({"type": "api"})));
        let NoHandler::NotRegistered(help) = told(&handlers, &api) else { panic!() };
        assert!(
            help.contains(", or what runs all steps of its type with `.handler_for_type(\"api\", ..)`;"),
            "{help}"
        );
        handlers.add_kind("apis".into(), nothing());
        handlers.add_kind("mail".into(), nothing());
        let NoHandler::NotRegistered(help) = told(&handlers, &api) else { panic!() };
        assert!(help.contains("; did you mean `type: apis`?"), "{help}");
    }
}
