use tasker::workflow;

/// The edge was added after the version was pinned.
#[workflow(shape = 0x1234_5678_9abc_def0, version = "1.4.0")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    pub async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(shape = 0)]
mod fresh {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    drop((order::charge(), order::ship(), fresh::charge()));
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>().register::<fresh::Workflow>();
}
