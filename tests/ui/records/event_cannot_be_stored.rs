use serde::{Deserialize, Serialize};
use tasker::{Annotation, Event, workflow};

#[derive(Event, Serialize, Deserialize)]
#[event("payment.authorized")]
pub struct PaymentAuthorized {
    pub cents: u64,
}

#[derive(Annotation, Serialize, schemars::JsonSchema)]
#[annotation("margin")]
pub struct Margin {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::{Margin, PaymentAuthorized};
    use tasker::{Annotate, Emit, StepError};

    pub type Context = ();

    #[step]
    async fn charge(authorized: Emit<PaymentAuthorized>, margin: Annotate<Margin>) -> Result<u64, StepError> {
        authorized.publish(PaymentAuthorized { cents: 1 });
        margin.set(Margin { cents: 1 });
        Ok(1)
    }
}

fn main() {}
