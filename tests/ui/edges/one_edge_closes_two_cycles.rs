use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(depends_on = ship)]
    async fn validate_cart() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = validate_cart)]
    async fn charge() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = validate_cart)]
    async fn reserve() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = [charge, reserve])]
    async fn ship() -> Result<(), StepError> {
        Ok(())
    }
}

fn main() {}
