//! A library with one public workflow that uses everything, under lints that nobody obeys all of.
//!
//! Its only dependency is `tasker`.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_copy_implementations,
    missing_debug_implementations,
    unreachable_pub,
    unnameable_types,
    unused_qualifications,
    unused_lifetimes,
    unused_results,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    redundant_lifetimes,
    explicit_outlives_requirements,
    elided_lifetimes_in_paths,
    meta_variable_misuse,
    non_ascii_idents,
    variant_size_differences,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    future_incompatible,
    nonstandard_style,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

use std::sync::Arc;

use tasker::schemars::JsonSchema;
use tasker::serde::{Deserialize, Serialize};
use tasker::{Annotation, AppState, Event};

/// What takes the money.
#[derive(Debug, Clone, Copy)]
pub struct Gateway;

/// What steps ask for.
#[derive(Debug, AppState)]
pub struct App {
    gateway: Gateway,
    currency: Arc<str>,
}

/// What is charged on top.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
pub struct Pricing {
    /// In cents.
    pub fee: u64,
}

/// Something that others may want to hear of.
#[derive(Debug, Clone, Event, Serialize, Deserialize, JsonSchema)]
#[event("payment.authorized")]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
pub struct PaymentAuthorized {
    /// Its id.
    pub payment: String,
}

/// Something to find the task by.
#[derive(Debug, Clone, Copy, Annotation, Serialize, Deserialize, JsonSchema)]
#[annotation("order.margin")]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
pub struct Margin {
    /// In cents.
    pub cents: u64,
}

/// Takes a [`Cart`](order::Cart) to the customer's door.
///
/// Not part of the description.
#[tasker::workflow(namespace = "shop", name = "process_order", version = "1.0.0", concurrent = false)]
pub mod order {
    use super::{Arc, Gateway, Margin, PaymentAuthorized, Pricing};
    use tasker::schemars::JsonSchema;
    use tasker::serde::{Deserialize, Serialize};
    use tasker::{Annotate, Attempt, Cancelled, Config, Emit, Output, State, StepError, TaskId};

    /// What an order is started with.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub struct Context {
        /// The price of each item.
        pub cents: Vec<u64>,
        /// Whether a courier is to bring it.
        pub express: bool,
    }

    /// What is bought.
    #[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub struct Cart {
        /// The price of all.
        pub cents: u64,
    }

    const fn is_express(ctx: &Context) -> bool {
        ctx.express
    }

    /// Adds up the [`Cart`].
    ///
    /// # Errors
    /// None.
    #[step(timeout = "15s")]
    pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        Ok(Cart { cents: ctx.cents.iter().sum() })
    }

    /// Charges the customer, with [`Pricing`] on top: see [the guide](https://example.org/guide) | or [another][1].
    ///
    /// # Errors
    /// None.
    ///
    /// [1]: https://example.org
    #[step(depends_on = validate_cart, retry(limit = 5, base = "500ms", max = "1m"), config = Pricing { fee: 30 })]
    pub async fn charge(
        cart: Output<validate_cart>,
        pricing: Config<Pricing>,
        gateway: State<Gateway>,
        currency: State<Arc<str>>,
        task: TaskId,
        authorized: Emit<PaymentAuthorized>,
        margin: Annotate<Margin>,
    ) -> Result<String, StepError> {
        let State(Gateway) = gateway;
        let payment = format!("{} {} for {task}", cart.cents + pricing.fee, &**currency);
        authorized.publish(PaymentAuthorized { payment: payment.clone() });
        margin.set(Margin { cents: pricing.fee });
        std::future::ready(()).await;
        Ok(payment)
    }

    /// Asks for a courier.
    ///
    /// # Errors
    /// When the worker ends.
    #[step(depends_on = validate_cart, when = is_express)]
    pub async fn call_courier(Attempt(attempt): Attempt, cancelled: Cancelled) -> Result<String, StepError> {
        if cancelled.is_cancelled() {
            return Err(StepError::retryable(format!("attempt {attempt} was interrupted")));
        }
        Ok("bike 7".to_owned())
    }

    /// Sends the parcel.
    ///
    /// # Errors
    /// None.
    #[step(depends_on = [charge, call_courier], no_retry)]
    pub async fn ship(courier: Option<Output<call_courier>>, ctx: &Context) -> Result<String, StepError> {
        let items = ctx.cents.len();
        Ok(courier.map_or_else(|| format!("{items} by post"), |courier| format!("{items} by {}", *courier)))
    }

    /// Says so.
    #[step(depends_on = ship, name = "tell the customer")]
    async fn tell(parcel: Output<ship>, payment: Output<charge>) -> std::io::Result<()> {
        drop((parcel.0, payment.0));
        std::future::ready(Ok(())).await
    }
}

/// Registers it.
#[must_use]
pub fn register(app: App) -> impl Sized {
    tasker::Tasker::builder(app).register::<order::Workflow>()
}
