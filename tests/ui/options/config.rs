use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Pricing {
    pub fee_cents: u64,
}

#[workflow]
mod order {
    use super::Pricing;
    use tasker::{Config, StepError};

    pub type Context = ();

    #[step(config = Pricing { fee_cents: 30 })]
    async fn does_not_take_it() -> Result<u64, StepError> {
        Ok(1)
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
