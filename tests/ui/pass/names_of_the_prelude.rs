//! Types of one's own that are called as those of the prelude, and modules that are called as crates.

#![deny(warnings)]
#![allow(dead_code)]

use tasker::{Executable, Workflow, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Cart;

#[workflow(context = super::Cart)]
mod order {
    use tasker::{Output, StepError};

    pub struct Result;
    pub struct Option;
    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub struct Some;
    pub struct None;
    pub trait Sync {}
    pub trait Send {}
    pub trait Deref {}
    pub trait Future {}
    pub mod core {}
    pub mod std {}
    pub mod serde {}

    #[allow(non_snake_case)]
    pub fn Ok<T>(value: T) -> ::core::result::Result<T, StepError> {
        ::core::result::Result::Ok(value)
    }

    #[allow(unused_macros)]
    macro_rules! vec {
        () => {
            compile_error!("the user's own")
        };
    }

    fn is_express(_: &super::Cart) -> bool {
        true
    }

    #[step(when = is_express, timeout = "3s")]
    async fn quote(_: &super::Cart) -> ::core::result::Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote, retry(limit = 3), config = 3_u64)]
    async fn charge(
        quote: ::core::option::Option<Output<quote>>,
        limit: ::tasker::Config<u64>,
    ) -> ::core::result::Result<u64, StepError> {
        Ok(quote.map_or(*limit, |quote| *quote))
    }
}

fn main() {
    assert_eq!(<order::Workflow as Executable<()>>::handlers().len(), 2);
    assert_eq!(order::Workflow::define().build().unwrap().steps().len(), 2);
}
