use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Event, workflow};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("payment.authorized")]
pub struct Authorized {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::Authorized;
    use tasker::{Emit, StepError};

    pub type Context = ();

    #[step]
    async fn publishes_a_number(authorized: Emit<Authorized>) -> Result<u64, StepError> {
        authorized.publish(1);
        Ok(1)
    }

    #[step]
    async fn borrows(authorized: &Emit<Authorized>) -> Result<u64, StepError> {
        authorized.publish(Authorized { cents: 1 });
        Ok(1)
    }

    #[step]
    async fn takes_the_event(authorized: Authorized) -> Result<u64, StepError> {
        Ok(authorized.cents)
    }
}

fn main() {}
