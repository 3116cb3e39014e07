use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    pub mod shipping {
        use tasker::StepError;

        #[step(depends_on = charge)]
        pub async fn pack() -> Result<u64, StepError> {
            Ok(1)
        }
    }

    pub struct Orders;

    impl Orders {
        #[step(depends_on = charge)]
        pub async fn ship(&self) -> Result<u64, StepError> {
            Ok(1)
        }
    }

    pub async fn helper() -> Result<u64, StepError> {
        #[step]
        async fn inner() -> Result<u64, StepError> {
            Ok(1)
        }
        inner().await
    }
}

// Nothing of this is wrong.
#[workflow]
mod refund {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    pub async fn pay() -> Result<u64, StepError> {
        super::order::charge().await
    }

    #[step(depends_on = pay)]
    pub async fn tell(paid: Output<pay>) -> Result<u64, StepError> {
        super::order::shipping::pack().await.map(|packed| packed + *paid)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>().register::<refund::Workflow>();
    drop((order::Orders.ship(), order::helper(), refund::tell(tasker::Output(1))));
}
