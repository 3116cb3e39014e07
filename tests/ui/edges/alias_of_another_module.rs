use tasker::workflow;

// Only rustc sees that this is a step, and it sees it too late for `#[workflow]`.
type Checked = order::validate_cart;

#[workflow]
mod order {
    use super::Checked;
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn validate_cart(cents: &Context) -> Result<u64, StepError> {
        Ok(*cents)
    }

    #[step(depends_on = validate_cart)]
    pub async fn charge(cart: Output<Checked>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
