use tasker::workflow;

#[workflow(shape = "0x1234")]
mod a {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(shape = 0x1_0000_0000_0000_0000)]
mod b {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(shape)]
mod c {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(shape = -1)]
mod d {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(shape = 17u32)]
mod e {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
