//! Modules with whatever else there is in Rust, each a workflow. The only dependency is `tasker`.

#![deny(warnings, clippy::all)]

use tasker::serde::{Deserialize, Serialize};
use tasker::{schemars, serde, workflow};

/// A type that many modules name by a path.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
struct Cart<T> {
    items: Vec<T>,
}

mod shop {
    pub(crate) mod deep {
        use tasker::workflow;

        #[workflow(context = u64)]
        pub(crate) mod order {
            #![allow(dead_code)]

            //! Steps between everything else.

            use crate::Cart;
            use std::fmt::{Debug, Display};
            use tasker::{Output, StepError};

            static TOTAL: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

            macro_rules! cart {
                ($($item:expr),* $(,)?) => {
                    Cart { items: vec![$($item),*] }
                };
            }

            trait Priced {
                fn cents(&self) -> u64;
            }

            impl<T: Into<u64> + Copy> Priced for Cart<T> {
                fn cents(&self) -> u64 {
                    self.items.iter().map(|&item| item.into()).sum()
                }
            }

            fn shown<T, const N: usize>(items: [T; N]) -> String
            where
                T: Display,
            {
                items.iter().map(|item| format!("{item};")).collect()
            }

            async fn later<F: Future<Output = u64>>(value: F) -> u64 {
                value.await
            }

            /// Fills the cart.
            #[must_use = "it is a cart"]
            #[inline]
            #[step]
            #[cfg_attr(all(), doc = "More of it.")]
            #[allow(clippy::missing_errors_doc)]
            pub(crate) async fn fill(#[allow(unused_variables)] cents: &u64) -> Result<Cart<u32>, StepError> {
                /// An item in a body.
                #[derive(Debug, Default)]
                struct Inner<'a> {
                    name: &'a str,
                }
                const ONE: u32 = 1;
                fn helper(inner: &Inner<'_>) -> usize {
                    inner.name.len()
                }
                let counted = |n: u32| n + u32::try_from(helper(&Inner::default())).unwrap_or(ONE);
                Ok(cart![counted(1), counted(2), { ONE }])
            }

            #[step(depends_on = [fill])]
            async fn add(mut cart: Output<fill>) -> Result<u64, std::num::ParseIntError> {
                cart.0.items.push("3".parse()?);
                let block = async {
                    let sum = cart.cents();
                    std::future::ready(()).await;
                    sum
                };
                let sum = later(block).await;
                TOTAL.fetch_add(sum, std::sync::atomic::Ordering::Relaxed);
                Ok(sum)
            }

            #[step(depends_on = add, when = |cents| { let limit = 3; *cents > limit })]
            async fn show(sum: Output<add>) -> Result<(String, [u64; 2]), StepError> {
                let text = match *sum {
                    0 => return Err(StepError::permanent("nothing")),
                    1..=9 => shown([1, 2]),
                    _ => shown::<_, 1>(["many"]),
                };
                Ok((text, [*sum; 2]))
            }

            impl Debug for Cart<u8> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a cart")
                }
            }

            pub(crate) mod inner {
                pub(crate) const fn step() -> u8 {
                    1
                }
            }
        }
    }
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde")]
struct Nothing;

/// Names that the expansion might use.
#[workflow(context = Nothing)]
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
mod shadows {
    use super::Nothing;

    struct Box;
    struct Vec;
    struct Option;
    struct Duration;
    struct P0;
    struct str;
    struct bool;
    mod tasker {}
    mod core {}
    mod std {}

    type Answer<T> = ::core::result::Result<T, ::tasker::StepError>;

    #[step(timeout = "1s", retry(limit = 2))]
    async fn context(context: &Nothing) -> Answer<u8> {
        let Nothing = context;
        Ok(1)
    }

    #[step(depends_on = context, when = |_| true, config = 3)]
    async fn call(
        arg0: ::tasker::Output<context>,
        arg1: ::tasker::Config<u8>,
        _: &Nothing,
    ) -> Answer<u8> {
        Ok(*arg0 + *arg1)
    }
}

/// Many parameters, more than have a name.
#[workflow(context = u64)]
#[allow(clippy::too_many_arguments)]
mod many {
    use tasker::{Attempt as A, StepError, TaskId as T};

    #[step]
    async fn many(a: A, b: T, c: A, d: T, e: A, f: T, g: A, h: T, i: A, j: T, _: &u64) -> Result<bool, StepError> {
        Ok([a, c, e, g, i].iter().all(|one| *one == a) && [b, d, f, h, j].contains(&b))
    }
}

fn main() {
    let _ = tasker::Tasker::builder(())
        .register::<shop::deep::order::Workflow>()
        .register::<shadows::Workflow>()
        .register::<many::Workflow>();
}
