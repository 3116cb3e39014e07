use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge(receipt: Output<ship>) -> Result<u64, StepError> {
        Ok(*receipt)
    }

    #[step(depends_on = charge)]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    // The help for one of them does not name the other: that would be a cycle.
    #[step]
    async fn quote(told: Output<tell>, stock: Output<reserve>) -> Result<u64, StepError> {
        Ok(*told + *stock)
    }

    // That its result may be absent, and its own, too, is of no matter.
    #[step(when = |ctx| *ctx == ())]
    async fn look(own: Output<look>, packed: Output<pack>) -> Result<u64, StepError> {
        Ok(*own + *packed)
    }

    #[step(depends_on = look, when = |ctx| *ctx == ())]
    async fn pack() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    async fn tell() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
