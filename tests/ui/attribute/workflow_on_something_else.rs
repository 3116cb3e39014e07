use tasker::{StepError, workflow};

#[workflow]
async fn charge() -> Result<u64, StepError> {
    Ok(1)
}

#[workflow(version = "1.0.0")]
struct Order;

fn main() {
    drop((charge(), Order));
}
