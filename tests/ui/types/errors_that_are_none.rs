use tasker::workflow;

#[derive(Debug)]
pub enum Refused {
    Card,
}

#[workflow]
mod order {
    use super::Refused;
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn a_text() -> Result<u64, String> {
        Err("refused".into())
    }

    #[step]
    async fn a_literal() -> Result<u64, &'static str> {
        Err("refused")
    }

    #[step]
    async fn nothing() -> Result<u64, ()> {
        Err(())
    }

    #[step]
    async fn boxed() -> Result<u64, Box<dyn std::error::Error>> {
        Err("refused".into())
    }

    #[step]
    async fn in_the_body() -> Result<u64, StepError> {
        Err(Refused::Card)?;
        Ok(1)
    }
}

fn main() {}
