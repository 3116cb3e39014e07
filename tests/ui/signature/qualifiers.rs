use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async unsafe fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async extern "C" fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
