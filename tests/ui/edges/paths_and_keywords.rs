use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn r#type() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = r#type)]
    async fn right() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = type)]
    async fn keyword() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [right, match])]
    async fn keyword_of_a_list() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = self::right)]
    async fn path_to_itself() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = super::order::right)]
    async fn path_from_above() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = super::refund::pay)]
    async fn of_another_workflow() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow]
mod refund {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn pay() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    drop(refund::pay());
    let _ = tasker::Tasker::builder(()).register::<refund::Workflow>();
}
