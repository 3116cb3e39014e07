//! What is not a step passes through as it is written.

#![deny(warnings)]

use tasker::{Workflow, workflow};

/** Takes a cart
to an order. */
#[workflow]
#[allow(dead_code)]
mod order {
    #![allow(unused_mut)]

    use tasker::{Output, StepError, workflow};

    /// The context.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Context {
        pub order_number: u64,
    }

    macro_rules! double {
        ($value:expr) => {
            $value * 2
        };
    }

    const TIMES: usize = 2;

    #[doc = "Adds up."]
    #[tasker::step]
    #[allow(unused_variables, unused_braces)]
    #[must_use]
    pub async fn sum(#[allow(unused)] ctx: &Context) -> Result<[u64; { TIMES }], StepError> {
        let mut unused = helper();
        Ok([double!(1), 2])
    }

    /// Not a step, though it looks like one.
    async fn helper() -> Result<u64, StepError> {
        Ok(1)
    }

    #[inline]
    #[step(depends_on = [sum,])]
    #[expect(clippy::unused_async)]
    async fn twice(mut sum: Output<sum>) -> Result<Table<{ TIMES * 2 }>, StepError>
    where
        String: Clone,
    {
        sum.0[0] += 1;
        Ok(Table { first: sum[0] })
    }

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Table<const N: usize> {
        first: u64,
    }

    mod tests {
        #[derive(Default)]
        pub(super) struct Context;
    }

    #[deprecated]
    const fn old_fee() -> u64 {
        30
    }

    #[deprecated]
    fn was_ordered(ctx: &Context) -> bool {
        ctx.order_number > 0
    }

    #[step(config = old_fee(), when = was_ordered)]
    #[allow(deprecated)]
    async fn charge(fee: tasker::Config<u64>) -> Result<u64, StepError> {
        Ok(*fee + old_fee())
    }

    /// A workflow of its own.
    #[allow(dead_code)]
    #[workflow(context = u64)]
    pub(super) mod part {
        #[step]
        async fn weigh() -> Result<u64, tasker::StepError> {
            Ok(1)
        }
    }
}

fn main() {
    let def = order::Workflow::define().build().unwrap();
    assert_eq!(def.description(), "Takes a cart to an order.");
    assert_eq!(def.steps().len(), 3);
    assert_eq!(def.find("sum").and_then(|sum| def.step(sum)).unwrap().description(), "Adds up.");
    let part = order::part::Workflow::define().build().unwrap();
    assert_eq!((part.steps().len(), part.steps()[0].name()), (1, "weigh"));
}
