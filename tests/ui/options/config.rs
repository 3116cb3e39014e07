use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Pricing {
    pub fee_cents: u64,
}

#[workflow]
mod order {
    use super::Pricing;
    use tasker::{Config, Output, StepError};

    pub type Context = ();

    #[step(config = Pricing { fee_cents: 30 })]
    async fn does_not_take_it() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = does_not_take_it, config = Pricing { fee_cents: 30 })]
    async fn takes_what_may_be_absent(cents: Option<Output<does_not_take_it>>) -> Result<u64, StepError> {
        Ok(cents.map_or(0, |cents| *cents))
    }

    #[step(name = "a name of its own")]
    async fn is_not_given_it(pricing: Config<Pricing>) -> Result<u64, StepError> {
        Ok(pricing.fee_cents)
    }

    #[step(config = Pricing { fee_cents: 30 })]
    async fn takes_it_twice(a: Config<Pricing>, b: Config<Pricing>) -> Result<u64, StepError> {
        Ok(a.fee_cents + b.fee_cents)
    }
}

fn main() {}
