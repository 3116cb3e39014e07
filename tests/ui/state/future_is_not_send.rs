use tasker::workflow;

#[workflow]
mod order {
    use std::rc::Rc;
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge(_: &Context) -> Result<u64, StepError> {
        let local = Rc::new(1);
        std::future::ready(()).await;
        Ok(*local)
    }
}

fn main() {}
