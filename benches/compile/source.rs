//! The text of a workflow with so many steps: a mix of what steps take and say.

use std::fmt::Write;

/// Who writes what surrounds the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nobody: functions that nothing calls.
    Plain,
    /// `#[workflow]`, and an application registers what it makes of them.
    Workflow,
}

impl Style {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Workflow => "workflow",
        }
    }
}

const TYPES: &str = "//! A workflow and the types that it needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{AppState, StepError};

#[derive(Clone)]
pub struct Gateway {
    pub fee: u64,
}

impl Gateway {
    pub async fn charge(&self, cents: u64) -> Result<u64, StepError> {
        std::future::ready(Ok(cents + self.fee)).await
    }
}

#[derive(AppState)]
pub struct App {
    pub gateway: Gateway,
    pub currency: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Cart {
    pub cents: u64,
    pub items: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    pub id: String,
    pub cents: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Shipment {
    pub cents: u64,
    pub address: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Pricing {
    pub fee: u64,
}
";

const REGISTER: &str = "
pub fn register(app: App) -> impl Sized {
    tasker::Tasker::builder(app).register::<order::Workflow>()
}
";

/// The results in turn.
const RESULTS: [(&str, &str); 3] = [
    ("Cart", "Cart { cents, items: ctx_items() }"),
    ("Payment", "Payment { id: cents.to_string(), cents }"),
    ("Shipment", "Shipment { cents, address: None }"),
];

/// The text of `src/lib.rs`. What `salt` is changes the body of the step in the middle, and nothing else.
pub(crate) fn library(steps: usize, style: Style, salt: u64) -> String {
    let mut text = TYPES.to_owned();
    let workflow = style == Style::Workflow;
    text.push_str(if workflow { "\n#[tasker::workflow]\npub mod order {\n" } else { "\npub mod order {\n" });
    text.push_str(
        "    #[allow(unused_imports)]\n    use super::{Cart, Gateway, Payment, Pricing, Shipment};\n",
    );
    text.push_str(
        "    #[allow(unused_imports)]\n    use tasker::{Attempt, Config, Output, State, StepError};\n\n",
    );
    text.push_str("    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]\n");
    text.push_str("    pub struct Context {\n        pub cents: u64,\n    }\n\n");
    text.push_str("    fn ctx_items() -> Vec<String> {\n        Vec::new()\n    }\n");
    for no in 0..steps {
        let salt = if no == steps / 2 { salt } else { 0 };
        step(&mut text, no, workflow, salt);
    }
    text.push_str("}\n");
    if workflow {
        text.push_str(REGISTER);
    }
    text
}

fn step(text: &mut String, no: usize, workflow: bool, salt: u64) {
    let dependencies = dependencies(no);
    let mut parameters: Vec<String> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    let mut terms = vec![salt.to_string()];
    if no.is_multiple_of(2) {
        parameters.push("ctx: &Context".to_owned());
        terms.push("ctx.cents".to_owned());
    }
    for read in &dependencies {
        let (result, _) = RESULTS[read % RESULTS.len()];
        let ty = if workflow { format!("Output<step_{read}>") } else { result.to_owned() };
        parameters.push(format!("from_{read}: {ty}"));
        terms.push(format!("from_{read}.cents"));
    }
    if !dependencies.is_empty() {
        let names: Vec<String> = dependencies.iter().map(|read| format!("step_{read}")).collect();
        options.push(format!("depends_on = [{}]", names.join(", ")));
    }
    if no % 4 == 1 {
        parameters.push("gateway: State<Gateway>".to_owned());
        terms.push("gateway.charge(1).await?".to_owned());
    }
    if no % 5 == 2 {
        parameters.push("pricing: Config<Pricing>".to_owned());
        options.push("config = Pricing { fee: 30 }".to_owned());
        terms.push("pricing.fee".to_owned());
    }
    if no % 10 == 3 {
        parameters.push("attempt: Attempt".to_owned());
        options.push("retry(limit = 5, base = \"1s\")".to_owned());
        terms.push("u64::from(attempt.0)".to_owned());
    }
    if no % 6 == 5 {
        options.push("timeout = \"30s\"".to_owned());
    }
    let (result, value) = RESULTS[no % RESULTS.len()];
    let _ = writeln!(text, "\n    /// Does the work of step {no}.");
    if workflow && options.is_empty() {
        text.push_str("    #[step]\n");
    } else if workflow {
        let _ = writeln!(text, "    #[step({})]", options.join(", "));
    }
    let _ = writeln!(
        text,
        "    pub async fn step_{no}({}) -> Result<{result}, StepError> {{\n        \
             let cents = {};\n        \
             if cents > 1_000_000 {{\n            \
                 return Err(StepError::permanent(format!(\"{{cents}} is too much\")));\n        \
             }}\n        \
             std::future::ready(()).await;\n        \
             Ok({value})\n    }}",
        parameters.join(", "),
        terms.join(" + "),
    );
}

/// The one before, and for every third step one from further up.
fn dependencies(no: usize) -> Vec<usize> {
    let Some(before) = no.checked_sub(1) else { return Vec::new() };
    if no.is_multiple_of(3) && no / 2 != before { vec![before, no / 2] } else { vec![before] }
}
