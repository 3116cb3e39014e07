//! A workflow module on its way to a text: every part that a mistake may change is a part of its own.

use tasker::{Shape, StepSpec, WorkflowBuilder, WorkflowDef};

use crate::graph::{self, Edges};
use crate::names::bare;

pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) vis: &'static str,
    /// What stands before the module: docs and other attributes.
    pub(crate) before: Vec<String>,
    /// The options of `#[workflow]`.
    pub(crate) args: Vec<String>,
    /// Whether its shape is one of them.
    pub(crate) pinned: bool,
    pub(crate) context: Context,
    /// In the order written.
    pub(crate) steps: Vec<Step>,
    /// Other items, each with the step before which it stands.
    pub(crate) others: Vec<(usize, String)>,
    /// The type of the application state.
    pub(crate) app: &'static str,
    /// What registers the workflow calls it.
    pub(crate) registered: String,
}

/// The context: the item that declares it, its type as steps write it, and where its number is.
pub(crate) struct Context {
    pub(crate) item: String,
    pub(crate) ty: String,
    /// What a step compares with the number.
    pub(crate) read: &'static str,
    pub(crate) json: String,
    pub(crate) number: u64,
}

pub(crate) struct Step {
    /// As it is declared.
    pub(crate) ident: String,
    pub(crate) stored: String,
    /// `step`, with or without a path.
    pub(crate) attribute: String,
    /// Lines before and after `#[step]`.
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
    pub(crate) depends_on: Vec<Edge>,
    pub(crate) listing: Listing,
    /// The other options, and before which of them `depends_on` stands.
    pub(crate) options: Vec<String>,
    pub(crate) place: usize,
    /// Whether it has a condition, under which it runs.
    pub(crate) when: When,
    pub(crate) vis: String,
    /// What stands before the name, such as `async fn`.
    pub(crate) keywords: String,
    pub(crate) generics: String,
    pub(crate) params: Vec<String>,
    /// Whether each parameter has a line of its own.
    pub(crate) tall: bool,
    /// The return type, with `#` for the type of the value; none is written if it is empty.
    pub(crate) returns: String,
    pub(crate) clause: &'static str,
    pub(crate) value: Value,
    pub(crate) awaits: bool,
    pub(crate) reads: Vec<Read>,
    /// Further lines of the body.
    pub(crate) lines: Vec<String>,
    /// The end of the body.
    pub(crate) tail: String,
    /// Whether the whole signature is the token of a mistake.
    pub(crate) marked: bool,
}

/// A step that is waited for, and how it is written.
pub(crate) struct Edge {
    pub(crate) to: usize,
    pub(crate) text: String,
}

/// The result of another step that is read, and how the body writes it.
pub(crate) struct Read {
    pub(crate) of: usize,
    pub(crate) value: String,
}

/// What comes of the condition of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// There is none.
    Always,
    /// It lets the step run.
    Runs,
    /// It skips the step.
    Skips,
}

/// How `depends_on` is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// `depends_on = a`
    One,
    /// `depends_on = [a]`
    List,
    /// `depends_on = [a,]`
    Trailing,
}

/// What a step returns: its type, and an expression that makes one.
pub(crate) struct Value {
    pub(crate) ty: String,
    pub(crate) make: String,
    /// Whether it can be stored, and so be noted.
    pub(crate) stored: bool,
    /// Whether the type is seen in the module only.
    pub(crate) private: bool,
}

impl Module {
    pub(crate) fn edges(&self) -> Edges {
        self.steps.iter().map(|step| step.depends_on.iter().map(|edge| edge.to).collect()).collect()
    }

    /// Whether some step reads the result of this one.
    pub(crate) fn is_read(&self, step: usize) -> bool {
        self.steps.iter().any(|reader| reader.reads.iter().any(|read| read.of == step))
    }

    /// The shape of the graph; none if it does not hold together.
    pub(crate) fn shape(&self) -> Option<Shape> {
        let concurrent = !self.args.iter().any(|arg| arg == "concurrent = false");
        let steps = self.steps.iter().map(|step| {
            let edges = step.depends_on.iter().map(|edge| self.steps[edge.to].stored.as_str());
            StepSpec::new(&step.stored).depends_on(edges).optional(step.is_optional())
        });
        let builder = WorkflowDef::builder("a", "a", "1.0.0").concurrent(concurrent);
        steps.fold(builder, WorkflowBuilder::step).build().ok().map(|def| def.shape())
    }

    /// All that a step waits for, directly or not.
    pub(crate) fn ancestors(&self, step: usize) -> Vec<usize> {
        graph::ancestors(&self.edges(), step)
    }
}

impl Step {
    /// The name without `r#`, as most messages give it.
    pub(crate) fn bare(&self) -> &str {
        bare(&self.ident)
    }

    /// Whether its result may be absent.
    pub(crate) fn is_optional(&self) -> bool {
        self.when != When::Always
    }

    /// Whether it has an option of this name.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given.starts_with(option))
    }

    /// Whether a parameter has a type that begins so, or contains it.
    pub(crate) fn takes(&self, ty: &str) -> bool {
        self.params.iter().any(|param| param.contains(ty))
    }

    /// Whether it depends on a step or reads its result.
    pub(crate) fn names(&self, step: usize) -> bool {
        self.depends_on.iter().any(|edge| edge.to == step) || self.reads.iter().any(|read| read.of == step)
    }

    /// The return type as it is written.
    pub(crate) fn returned(&self) -> String {
        self.returns.replace('#', &self.value.ty)
    }
}
