use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct PaymentAuthorized {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::PaymentAuthorized;
    use tasker::{Emit, StepError};

    pub type Context = ();

    #[step]
    async fn charge(authorized: Emit<PaymentAuthorized>) -> Result<u64, StepError> {
        authorized.publish(PaymentAuthorized { cents: 1 });
        Ok(1)
    }
}

fn main() {}
