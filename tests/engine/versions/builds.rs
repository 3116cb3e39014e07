//! Builds of one workflow, `shop.order@1.0.0`, that differ in what somebody changed and forgot to raise the version for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{AppState, Cancelled, StepError};

/// Where steps write down that they ran, and where one of them can be held.
#[derive(Clone, Default, AppState)]
pub(crate) struct Shop {
    pub(crate) desk: Desk,
}

#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    done: Vec<&'static str>,
    held: Option<&'static str>,
    running: usize,
    most_running: usize,
}

impl Shop {
    /// One in which this step does not come to an end before it is told to.
    pub(crate) fn holding(step: &'static str) -> Self {
        let shop = Self::default();
        shop.desk.0.lock().unwrap().held = Some(step);
        shop
    }

    /// The steps that ran to their end here, in order.
    pub(crate) fn done(&self) -> Vec<&'static str> {
        self.desk.0.lock().unwrap().done.clone()
    }

    /// The most steps at the same time.
    pub(crate) fn most_running(&self) -> usize {
        self.desk.0.lock().unwrap().most_running
    }
}

impl Desk {
    async fn work(&self, step: &'static str, cancelled: &Cancelled) -> Result<(), StepError> {
        let held = {
            let mut notes = self.0.lock().unwrap();
            notes.running += 1;
            notes.most_running = notes.most_running.max(notes.running);
            notes.held == Some(step)
        };
        if held {
            cancelled.cancelled().await;
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut notes = self.0.lock().unwrap();
        notes.running -= 1;
        if held {
            return Err(StepError::retryable("told to end"));
        }
        notes.done.push(step);
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Price {
    pub(crate) cents: u32,
}

/// A build: its steps, each with what it writes down and what it reads.
macro_rules! build {
    ($(#[$doc:meta])* $name:ident $(, concurrent = $concurrent:tt)? {
        $(#[step $($options:tt)?] $step:ident ($label:literal) reads [$($read:ident)*];)+
    }) => {
        $(#[$doc])*
        #[tasker::workflow(
            namespace = "shop", name = "order", version = "1.0.0", context = u32 $(, concurrent = $concurrent)?
        )]
        pub(crate) mod $name {
            use super::Desk;
            use tasker::{Cancelled, State, StepError};

            $(
                #[step $($options)?]
                pub(crate) async fn $step(
                    desk: State<Desk>,
                    cancelled: Cancelled,
                    $($read: tasker::Output<$read>,)*
                ) -> Result<u32, StepError> {
                    desk.work($label, &cancelled).await?;
                    Ok(1 $(+ *$read)*)
                }
            )+
        }
    };
}

build! {
    /// A chain in which each step reads the one before.
    chain {
        #[step] a("a") reads [];
        #[step(depends_on = a)] b("b") reads [a];
        #[step(depends_on = b)] c("c") reads [b];
    }
}

build! {
    /// The chain, written in another order.
    reordered {
        #[step(depends_on = b)] c("c") reads [b];
        #[step] a("a") reads [];
        #[step(depends_on = a)] b("b") reads [a];
    }
}

build! {
    /// The chain with one more step in the middle.
    with_a_step_more {
        #[step] a("a") reads [];
        #[step(depends_on = a)] b("b") reads [a];
        #[step(depends_on = b)] x("x") reads [b];
        #[step(depends_on = x)] c("c") reads [b];
    }
}

build! {
    /// The chain, whose first step may be skipped, and always is.
    with_a_condition {
        #[step(when = |_| false)] a("a") reads [];
        #[step(depends_on = a)] b("b") reads [];
        #[step(depends_on = b)] c("c") reads [b];
    }
}

build! {
    /// The chain without its middle.
    with_a_step_less {
        #[step] a("a") reads [];
        #[step(depends_on = a)] c("c") reads [a];
    }
}

build! {
    /// The chain whose middle has another name.
    renamed {
        #[step] a("a") reads [];
        #[step(depends_on = a)] bee("bee") reads [a];
        #[step(depends_on = bee)] c("c") reads [bee];
    }
}

build! {
    /// The same, and the old name is kept.
    renamed_with_care {
        #[step] a("a") reads [];
        #[step(name = "b", depends_on = a)] bee("bee") reads [a];
        #[step(depends_on = bee)] c("c") reads [bee];
    }
}

build! {
    /// No step waits for another.
    wide {
        #[step] a("a") reads [];
        #[step] b("b") reads [];
        #[step] c("c") reads [];
    }
}

build! {
    /// Each step waits for the one that is named after it.
    backwards {
        #[step(depends_on = b)] a("a") reads [];
        #[step(depends_on = c)] b("b") reads [];
        #[step] c("c") reads [];
    }
}

build! {
    /// No step waits for another, and they run one by one.
    one_by_one, concurrent = false {
        #[step] a("a") reads [];
        #[step] b("b") reads [];
        #[step] c("c") reads [];
    }
}

/// A build in which one step makes a price and the next one reads it.
macro_rules! priced {
    ($(#[$doc:meta])* $name:ident, $price:ty, $value:expr) => {
        $(#[$doc])*
        #[tasker::workflow(namespace = "shop", name = "priced", version = "1.0.0", context = u32)]
        pub(crate) mod $name {
            use super::Desk;
            use tasker::{Cancelled, Output, State, StepError};

            #[step]
            pub(crate) async fn price(desk: State<Desk>, cancelled: Cancelled) -> Result<$price, StepError> {
                desk.work("price", &cancelled).await?;
                Ok($value)
            }

            #[step(depends_on = price)]
            pub(crate) async fn pay(
                price: Output<price>,
                desk: State<Desk>,
                cancelled: Cancelled,
            ) -> Result<u32, StepError> {
                desk.work("pay", &cancelled).await?;
                Ok(price.cents)
            }
        }
    };
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PriceWithCurrency {
    pub(crate) cents: u32,
    pub(crate) currency: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PriceWithDefault {
    pub(crate) cents: u32,
    #[serde(default)]
    pub(crate) currency: String,
}

priced! {
    /// The price has an amount.
    priced, crate::versions::builds::Price, crate::versions::builds::Price { cents: 7 }
}
priced! {
    /// It has a currency, too, and stored prices have none.
    priced_in_currency, crate::versions::builds::PriceWithCurrency,
    crate::versions::builds::PriceWithCurrency { cents: 7, currency: "EUR".to_owned() }
}
priced! {
    /// It may have a currency.
    priced_with_default, crate::versions::builds::PriceWithDefault,
    crate::versions::builds::PriceWithDefault { cents: 7, currency: "EUR".to_owned() }
}
