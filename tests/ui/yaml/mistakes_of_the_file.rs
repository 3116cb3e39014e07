use tasker::{MemoryStore, Tasker, workflow};

#[workflow(yaml = "ui/yaml/mistakes.yaml", version = "2.0.0", context = ())]
mod order {
    use tasker::{Config, Output, StepError};

    #[step]
    pub async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    // Whether it waits for that, nobody knows.
    #[step]
    pub async fn charge(cart: Output<fetch_cart>, fee: Config<u64>) -> Result<u64, StepError> {
        Ok(*cart + *fee)
    }

    #[step]
    pub async fn ship(cart: Option<Output<fetch_cart>>, charged: Output<charge>) -> Result<u64, StepError> {
        Ok(cart.map_or(0, |cart| *cart) + *charged)
    }
}

#[workflow(yaml = "ui/yaml/no_yaml.yaml", context = ())]
mod unreadable {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }
}

// Nothing of this is wrong.
async fn elsewhere() {
    let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await.unwrap();
    let task = tasker.start::<order::Workflow>(()).await.unwrap();
    let charged: Option<u64> = task.output::<order::charge>().await.unwrap();
    drop(charged);
}

fn main() {
    drop(elsewhere());
}
