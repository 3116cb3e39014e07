use tasker::workflow;

#[workflow]
mod order {
    pub type Context = ();

    #[step]
    const LIMIT: u32 = 1;

    #[step(depends_on = charge)]
    struct Charge {
        _cents: u64,
    }
}

fn main() {}
