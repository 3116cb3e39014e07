//! The macros of Tasker. Applications use them through the crate `tasker`.
//!
//! [`macro@workflow`] is parse → check → expand:
//!
//! * `parse` reads the module token by token. Only the signatures of steps are parsed; bodies and all other items
//!   pass through untouched, so that half-written code cannot break the macro and large bodies cost nothing.
//! * `check` turns what was parsed into a `model`, collects every mistake and drops only what is wrong.
//! * `expand` prints the model. It always runs, also after mistakes, so that the types that other code names exist
//!   and rustc reports nothing that merely follows.

mod check;
mod derive;
mod duration;
mod errors;
mod expand;
mod graph;
mod model;
mod parse;
mod shape;
mod subscriber;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro::TokenStream;
use quote::quote;

/// Turns a module of `#[step]` functions into a typed workflow.
///
/// The attribute goes on an inline module. What it finds in it:
///
/// * **Steps**, the functions with [`#[step]`](macro@step). Their `depends_on` make the graph, which is checked here: names
///   that do not exist, cycles, and reading the result of a step that need not be complete are compile errors, all
///   of them at once, each where it is written.
/// * **The context**, what a task is started with: a type `Context` that the module declares or imports by name. It derives
///   `Serialize`, `Deserialize` and `JsonSchema` and is as visible as the module.
/// * Anything else stays as it is.
///
/// What it adds to the module:
///
/// * `Workflow`, the workflow as a type: `Tasker::builder(app).register::<order::Workflow>()`.
/// * For each step a type of the same name, which rustdoc does not show, so that `Output<charge>` is the result of the function `charge`, for the compiler,
///   for "go to definition" and for "rename".
///
/// The first paragraph of the module's documentation is the description of the workflow. What follows in the documentation that rustdoc
/// builds is the graph: a table of the steps with what they wait for and what they do. A module without documentation stays without.
///
/// # Options
///
/// | option | default | |
/// |---|---|---|
/// | `namespace = "shop"` | `"default"` | keeps the workflows of one team or product apart from others'; 1 to 64 characters |
/// | `name = "process_order"` | the module's name | the stored name; 1 to 64 characters |
/// | `version = "1.0.0"` | `"0.1.0"` | the semantic version, of at most 64 characters. A task keeps the version it was started with; two versions are two modules with one `name` |
/// | `context = Type` | `Context` | the type of the context, where it has another name or comes from a glob import |
/// | `concurrent = false` | `true` | runs one step of a task at a time, of those that could run the first in canonical order |
/// | `shape = 0x1f3a…` | none | pins the graph of this version: when steps or edges change, the build fails until `version` is raised too. The error prints the number; begin with `shape = 0` |
/// | `yaml = "config/order.yaml"` | none | the task file that supplies what the module does not say: see [below](#a-task-file). Needs the feature `yaml` of `tasker` |
/// | `crate = path` | `::tasker` | where the crate `tasker` is found, for hosts that rename or re-export it |
///
/// # A task file
///
/// `yaml = "…"` names a task file, as Ruby Tasker has them; the path begins where the `Cargo.toml` of the package is. File and module must agree, and
/// what the module does not say, the file supplies: namespace, name, version, descriptions, `concurrent`, and of each step its edges,
/// whether it is `skippable`, its retry limit, its dependent system and its configuration. The module has the functions, the types, and what a file cannot
/// say, such as `timeout` and `when`.
///
/// A function is the step of its stored name, or the one whose name is the function's in snake case: `ship_parcel` is `ship/parcel`. A step
/// without a function, a function without a step, and whatever the two say differently are compile errors; so is every mistake in the file. A change of
/// the file is seen by the next build.
///
/// The compiler reads the file as it is without an environment. The text is in the program, and when the application starts, the environment
/// adds its configurations, with the values of variables, its retry limits and its dependent systems; what is compiled it cannot change. A configuration that
/// is no `T` of the step's `Config<T>`, and a `schema` that no context of the module fits, are errors of `build`.
///
/// # Example
///
/// ```ignore
/// use tasker::{Output, State, StepError, workflow};
///
/// /// Takes a cart to an order.
/// #[workflow(namespace = "shop", version = "1.0.0")]
/// pub mod order {
///     use super::{Cart, Gateway, Payment};
///     use tasker::{Output, State, StepError};
///
///     #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
///     pub struct Context {
///         pub cents: Vec<u64>,
///     }
///
///     #[step(timeout = "15s")]
///     pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
///         Ok(Cart { cents: ctx.cents.iter().sum() })
///     }
///
///     #[step(depends_on = validate_cart, retry(limit = 5, base = "1s"))]
///     pub async fn charge(cart: Output<validate_cart>, gateway: State<Gateway>) -> Result<Payment, StepError> {
///         gateway.charge(cart.cents).await
///     }
/// }
/// ```
///
/// (Not compiled here, because this crate cannot depend on `tasker`; the programs in `tests/ui/pass` and in the book
/// are.)
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    expansion(args.into(), item.into()).into()
}

fn expansion(args: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let output = match parse::module(item.clone()) {
        Ok(module) => {
            let model = check::workflow(args, &module, &mut errors);
            expand::workflow(&module, &model)
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#output #errors)
}

/// Marks a function as a step of the [`#[workflow]`](macro@workflow) module that it stands in.
///
/// A step is an `async fn` that returns `Result<T, E>`, where `T` derives `Serialize`, `Deserialize` and `JsonSchema` and `E`
/// converts into `StepError`, as every type does that implements `std::error::Error`. It may be executed more than once, so
/// what it does elsewhere should bear being repeated. It is an ordinary function for everyone else: a test calls it.
///
/// # Parameters
///
/// | parameter | what it is |
/// |---|---|
/// | `ctx: &Context` | what the task was started with; the only reference |
/// | `cart: Output<validate_cart>` | the result of a step that this one depends on, directly or through others |
/// | `quote: Option<Output<express_quote>>` | the result of a step with `when` or `skippable`; `None` where it was skipped |
/// | `gateway: State<Gateway>` | a resource of the application, from a field of its `#[derive(AppState)]` struct |
/// | `pricing: Config<Pricing>` | the value of `config = …` |
/// | `attempt: Attempt` | which execution of the step this is, from 1 |
/// | `authorized: Emit<PaymentAuthorized>` | publishes events, stored with the result |
/// | `margin: Annotate<Margin>` | puts an annotation on the task, stored with the result |
/// | `task: TaskId` | the id of the task |
/// | `request: CorrelationId` | what the task shares with the request that it came from |
/// | `cancelled: Cancelled` | whether the execution is asked to end early |
/// | your own type | anything that implements `FromStep` |
///
/// # Options
///
/// | option | default | |
/// |---|---|---|
/// | `depends_on = step`, `depends_on = [a, b]` | none | the steps that must be complete first, by the names of their functions |
/// | `retry(limit = 3, base = "2s", max = "30s")` | as shown | how many executions may fail, the first included; the wait after the first failure, which doubles with each further one; the longest wait |
/// | `no_retry` | | one execution; whatever it ends with is final |
/// | `timeout = "30s"` | none | the longest that one execution may take; it then counts as failed |
/// | `when = FUNCTION` | always | a `fn(&Context) -> bool`, or a closure that captures nothing; where it says `false`, the step is skipped: the steps behind it run, and take its result as `Option<Output<step>>` |
/// | `skippable` | | operators may skip the step, with `StepHandle::skip`, and a task may be started without it; it takes no condition, and is read like one with `when` |
/// | `config = EXPRESSION` | none | what the step takes as `Config<T>`; stored as JSON with the definition. A `handler_config` in a task file is merged over it |
/// | `name = "charge"` | the function's name | the stored name, unique in the workflow; 1 to 128 characters |
///
/// Durations are a whole number and a unit: `ms`, `s`, `m`, `h` or `d`.
///
/// The first paragraph of the function's documentation is the description of the step.
///
/// There is no need to import this attribute: [`#[workflow]`](macro@workflow) reads it.
#[proc_macro_attribute]
pub fn step(_: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    let error = syn::Error::new(
        proc_macro2::Span::call_site(),
        "`#[step]` belongs on a function directly inside a `#[workflow]` module",
    );
    let error = error.into_compile_error();
    quote!(#item #error).into()
}

/// Makes a type a `Subscriber`: each method of its `impl` block that is named after an event hears of that event.
///
/// ```ignore
/// use tasker::events::{StepFailed, TaskCompleted, TaskerEvent};
/// use tasker::subscriber;
///
/// struct Mailer { .. }
///
/// #[subscriber]
/// impl Mailer {
///     async fn on_task_completed(&self, event: &TaskCompleted) -> Result<(), MailError> { .. }
///
///     async fn on_step_failed(&self, event: &StepFailed) { .. }
///
///     #[event("order.shipped")]
///     async fn shipped(&self, event: &OrderShipped) -> Result<(), MailError> { .. }
///
///     #[event("*")]
///     async fn anything_else(&self, event: &TaskerEvent) { .. }
///
///     fn wants(&self, event: &TaskerEvent) -> bool { .. }
/// }
/// ```
///
/// | method | hears |
/// |---|---|
/// | `on_task_completed(&self, event: &TaskCompleted)` | `task.completed`; so for each of Tasker's own events. The types stand in `tasker::events` |
/// | `#[event("order.shipped")]`, with `event: &OrderShipped` | an event of the application, read as the type, which derives `Event`. One that does not fit is an error of that delivery |
/// | `#[event("order.shipped")]`, with `event: &CustomEvent` | the same with the task and the step that published it, and what it says as JSON |
/// | `#[event("step.*")]`, with `event: &TaskerEvent` | all whose names begin with `step.` and for which there is no method |
/// | `#[event("*")]`, with `event: &TaskerEvent` | all for which there is no method |
///
/// Each of them may take `&TaskerEvent` instead, which has also the id of the event and its time. They are `async` and return nothing, or
/// `Result<(), E>` with any error; what fails, panics or takes too long is delivered again. `wants`, if there is one, is asked before; an
/// event that it does not want counts as taken.
///
/// Everything else in the block stays as it is, and the methods can be called like others. `#[subscriber(crate = path)]` says where the crate
/// `tasker` is found, if not at `::tasker`.
#[proc_macro_attribute]
pub fn subscriber(args: TokenStream, item: TokenStream) -> TokenStream {
    subscriber::expansion(args.into(), item.into()).into()
}

/// Lets steps take each field of a struct as `State<Field>`.
///
/// The struct is what `Tasker::builder` is given. Each execution of a step gets a clone of the fields that it asks for, so what is
/// large or shared goes behind an `Arc`. A step asks by type: two fields of one type are an error.
///
/// ```ignore
/// #[derive(AppState)]
/// struct App {
///     gateway: Gateway,
///     orders: Arc<dyn Orders>,
/// }
/// ```
///
/// A workflow with a step that takes `State<T>` can be registered only where the application state has a `T`; rustc says which step
/// misses what.
///
/// `#[app_state(crate = path)]` says where the crate `tasker` is found, if not at `::tasker`.
#[proc_macro_derive(AppState, attributes(app_state))]
pub fn app_state(item: TokenStream) -> TokenStream {
    derive::app_state(item.into()).into()
}

/// Makes a type an event that steps can publish: `authorized: Emit<PaymentAuthorized>`.
///
/// ```ignore
/// #[derive(Event, Serialize, Deserialize, JsonSchema)]
/// #[event("payment.authorized")]
/// struct PaymentAuthorized {
///     payment_id: String,
/// }
/// ```
///
/// The name is two or more words of `a-z`, `0-9` and `_` with a dot between them, 128 characters at most. Names that begin with `task.`,
/// `step.`, `workflow.`, `observability.` or `test.` are those of Tasker's own events.
///
/// `#[event("payment.authorized", crate = path)]` says where the crate `tasker` is found, if not at `::tasker`.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    derive::event(item.into()).into()
}

/// Makes a type an annotation that steps can put on their task: `margin: Annotate<Margin>`.
///
/// ```ignore
/// #[derive(Annotation, Serialize, Deserialize, JsonSchema)]
/// #[annotation("order.margin")]
/// struct Margin {
///     cents: i64,
/// }
/// ```
///
/// The name is 1 to 64 printable characters. `#[annotation("order.margin", crate = path)]` says where the crate `tasker` is found, if not at
/// `::tasker`.
#[proc_macro_derive(Annotation, attributes(annotation))]
pub fn annotation(item: TokenStream) -> TokenStream {
    derive::annotation(item.into()).into()
}
