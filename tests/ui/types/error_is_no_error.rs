use tasker::workflow;

pub struct Refused;

#[workflow]
mod order {
    use super::Refused;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, Refused> {
        Err(Refused)
    }
}

fn main() {}
