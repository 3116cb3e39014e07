use tasker::workflow;

#[workflow(namespace = "", name = "a\nb", version = "1.0")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(name = "")]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(
    namespace = shop,
    name = "a_name_of_sixty_five_characters_is_one_longer_than_a_name_may_be_",
    version = 1
)]
mod refund {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(name = "again", version = "1.0.0+a.build.of.which.more.is.said.than.anybody.can.ever.want.to.read")]
mod again {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
