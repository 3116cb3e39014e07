use tasker::workflow;

pub struct Pricing {
    pub fee_cents: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Limits {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::{Limits, Pricing};
    use tasker::{Config, StepError};

    pub type Context = ();

    #[step(config = Pricing { fee_cents: 30 })]
    async fn none_of_them(pricing: Config<Pricing>) -> Result<u64, StepError> {
        Ok(pricing.fee_cents)
    }

    #[step(config = Limits { cents: 30 })]
    async fn no_schema(limits: Config<Limits>) -> Result<u64, StepError> {
        Ok(limits.cents)
    }

    #[step]
    async fn not_given(limits: Config<Vec<u64>>) -> Result<u64, StepError> {
        Ok(limits[0])
    }

    #[step(config = 3, config = 4)]
    async fn given_twice(limit: Config<u64>) -> Result<u64, StepError> {
        Ok(*limit)
    }
}

fn main() {}
