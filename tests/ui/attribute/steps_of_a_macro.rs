use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    macro_rules! notify {
        ($name:ident) => {
            #[step(depends_on = charge)]
            pub async fn $name() -> Result<u64, StepError> {
                Ok(1)
            }
        };
    }

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    notify!(mail);
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
    drop((order::charge(), order::mail()));
}
