//! What is not a step passes through as it is written.

#![deny(warnings)]

use tasker::{Workflow, workflow};

/** Takes a cart
to an order. */
#[workflow]
#[allow(dead_code)]
mod order {
    #![allow(unused_mut)]

    use tasker::{Output, StepError};

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
}

fn main() {
    let def = order::Workflow::define().build().unwrap();
    assert_eq!(def.description(), "Takes a cart to an order.");
    assert_eq!(def.steps()[0].description(), "Adds up.");
}
