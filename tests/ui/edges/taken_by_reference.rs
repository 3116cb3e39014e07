use tasker::workflow;

#[derive(Clone)]
pub struct Gateway;

#[workflow]
mod order {
    use super::Gateway;
    use tasker::{Attempt, Config, Output, State, StepError};

    pub type Context = String;

    #[step]
    async fn validate_cart(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.len() as u64)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(cart: &Output<validate_cart>) -> Result<u64, StepError> {
        Ok(**cart)
    }

    #[step(depends_on = charge)]
    async fn ship(ctx: &Context, gateway: &State<Gateway>) -> Result<u64, StepError> {
        drop((ctx, gateway));
        Ok(1)
    }

    #[step(depends_on = ship, config = 3)]
    async fn tell(limit: &Config<u64>, attempt: &Attempt) -> Result<u64, StepError> {
        Ok(**limit + u64::from(attempt.0))
    }

    #[step(depends_on = validate_cart)]
    async fn count(cart: Option<&Output<validate_cart>>) -> Result<u64, StepError> {
        Ok(cart.map_or(0, |cart| **cart))
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
