use tasker::{StepError, step};

#[step(depends_on = validate_cart)]
async fn charge() -> Result<u64, StepError> {
    Ok(1)
}

mod order {
    use tasker::StepError;

    #[tasker::step]
    pub async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    drop((charge(), order::ship()));
}
