//! Everything a step can take and say, under the strictest lints that users compile with.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms, clippy::all, clippy::pedantic)]

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{AppState, Executable, FromStep, Invocation, RetryPolicy, StepError, Workflow, workflow};

#[derive(Clone)]
struct Gateway;

#[derive(AppState)]
struct App {
    gateway: Gateway,
    currency: Arc<str>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Cart {
    cents: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Pricing {
    fee_cents: u64,
}

/// A parameter of one's own: an attempt that is said aloud.
struct Aloud(String);

impl<S> FromStep<S> for Aloud {
    type Resource = Arc<str>;

    fn from_step<A>(_: &Invocation<'_, A>, currency: Arc<str>) -> Result<Self, StepError> {
        Ok(Self(currency.to_string()))
    }
}

/// Takes a cart
/// to an order.
///
/// Not part of the description.
#[workflow(namespace = "shop", name = "process_order", version = "1.0.0-rc.1+build.5")]
mod order {
    use super::{Aloud, Cart, Gateway, Pricing};
    use std::sync::Arc;
    use tasker::{Attempt, Cancelled, Config, CorrelationId, Output, State, StepError, TaskId};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Context {
        pub(crate) cents: Vec<u64>,
    }

    /// Adds up the cart.
    #[step(timeout = "15s")]
    pub(crate) async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        Ok(Cart { cents: ctx.cents.iter().sum() })
    }

    #[step(depends_on = validate_cart, retry(limit = 5, base = "500ms", max = "1m"), config = Pricing { fee_cents: 30 })]
    async fn charge(
        cart: Output<validate_cart>,
        State(gateway): State<Gateway>,
        currency: State<Arc<str>>,
        pricing: Config<Pricing>,
        Attempt(attempt): Attempt,
        cancelled: Cancelled,
        task: TaskId,
        request: CorrelationId,
        aloud: Aloud,
    ) -> Result<u64, StepError> {
        drop((gateway, currency, cancelled, aloud.0, task, request.as_str().len()));
        std::future::ready(()).await;
        Ok(cart.cents + pricing.fee_cents + u64::from(attempt))
    }

    #[step(depends_on = [charge], no_retry, name = "tell the customer",)]
    async fn tell(payment: Output<charge>, ctx: &Context, cart: Output<validate_cart>) -> std::io::Result<()> {
        println!("{} {} {}", *payment, ctx.cents.len(), cart.cents);
        Ok(())
    }
}

fn main() {
    let def = order::Workflow::define().build().expect("a definition");
    assert_eq!(def.id().to_string(), "shop.process_order@1.0.0-rc.1+build.5");
    assert_eq!(def.description(), "Takes a cart to an order.");
    let steps: Vec<_> = def.steps().iter().map(|step| (step.name(), step.description(), step.timeout())).collect();
    assert_eq!(
        steps,
        [
            ("validate_cart", "Adds up the cart.", Some(Duration::from_secs(15))),
            ("charge", "", None),
            ("tell the customer", "", None),
        ]
    );
    let retries: Vec<_> = def.steps().iter().map(tasker::StepDef::retry).collect();
    let often = RetryPolicy { limit: 5, base: Duration::from_millis(500), max: Duration::from_mins(1) };
    assert_eq!(retries, [RetryPolicy::DEFAULT, often, RetryPolicy::NEVER]);
    assert_eq!(RetryPolicy::DEFAULT.max, Duration::from_secs(30), "tasker-macros judges `base` by it");
    assert_eq!(def.steps()[1].config(), Some(&serde_json::json!({ "fee_cents": 30 })));
    assert_eq!(def.steps()[2].reads().len(), 2);

    let handlers = <order::Workflow as Executable<App>>::handlers();
    assert_eq!(handlers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["validate_cart", "charge", "tell the customer"]);
    let app = App { gateway: Gateway, currency: "EUR".into() };
    drop(tasker::Tasker::builder(app).register::<order::Workflow>());
    drop(order::validate_cart(&order::Context { cents: vec![1] }));
}
