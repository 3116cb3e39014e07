use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge, reserve)]
    async fn without_brackets(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on(charge, reserve))]
    async fn without_equals(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = [charge reserve])]
    async fn without_comma(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = charge reserve)]
    async fn without_comma_and_brackets(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = charge and reserve, timeout = "1s")]
    async fn as_a_sentence(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = charge no_retry)]
    async fn without_comma_only(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step(depends_on = [charge, reserve], as_a_sentence)]
    async fn behind_the_brackets(a: Output<charge>, b: Output<as_a_sentence>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = [[charge, reserve]])]
    async fn list_in_a_list(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = ["charge", "reserve"])]
    async fn quoted(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = &charge)]
    async fn borrowed(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step(depends_on = charge && reserve)]
    async fn anded(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step(depends_on = Output<charge>)]
    async fn as_a_type(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step(depends_on = {charge})]
    async fn in_braces(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step(charge, reserve)]
    async fn bare(a: Output<charge>, b: Output<reserve>) -> Result<u64, StepError> {
        Ok(*a + *b)
    }

    #[step = "charge"]
    async fn as_a_value(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step[charge]]
    async fn in_square_brackets(a: Output<charge>) -> Result<u64, StepError> {
        Ok(*a)
    }
}

fn main() {}
