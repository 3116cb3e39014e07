use tasker::workflow;

pub trait Gateway: Send + Sync {}

#[workflow]
mod order {
    use super::Gateway;
    use tasker::{State, StepError};

    pub type Context = ();

    #[step]
    async fn by_value(_: State<dyn Gateway>) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn boxed_result() -> Result<Box<dyn std::fmt::Display>, StepError> {
        Err(StepError::permanent("never"))
    }

    #[step]
    async fn borrowed(gateway: &dyn Gateway) -> Result<u64, StepError> {
        let _ = gateway;
        Ok(1)
    }

    #[step]
    async fn without_dyn(_: State<Box<Gateway>>) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
