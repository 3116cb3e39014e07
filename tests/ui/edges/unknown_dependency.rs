use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_crat)]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [charge, send_mail])]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow]
mod lonely {
    use tasker::StepError;

    pub type Context = ();

    #[step(depends_on = another)]
    async fn only() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
