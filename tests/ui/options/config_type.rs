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

    #[step(config = "thirty")]
    async fn another_type(pricing: Config<Pricing>) -> Result<u64, StepError> {
        Ok(pricing.fee_cents)
    }

    #[step(config = Pricing { fee_cent: 30 })]
    async fn another_field(pricing: Config<Pricing>) -> Result<u64, StepError> {
        Ok(pricing.fee_cents)
    }
}

fn main() {}
