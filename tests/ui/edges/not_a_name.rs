use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = "charge")]
    async fn quoted(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }

    #[step(depends_on = (charge, quoted))]
    async fn in_parentheses() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on(charge))]
    async fn without_equals() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [charge, crate::refund::pay])]
    async fn of_another_workflow() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge())]
    async fn called() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
