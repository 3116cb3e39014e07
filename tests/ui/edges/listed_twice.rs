use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = [charge, charge])]
    async fn ship() -> Result<(), StepError> {
        Ok(())
    }
}

fn main() {}
