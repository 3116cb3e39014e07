// The expansion of the module in `order.rs`. `TASKER_SNAPSHOTS=overwrite cargo test -p tasker-macros text` writes it anew.

/// Takes a [`Cart`](order::Cart) to the customer's door.
///
/// Not part of the description.
pub mod order {
    /*!
# Steps

| step | waits for | what it does |
|---|---|---|
| [`validate_cart`](fn@validate_cart) |  | Adds up the `Cart`. |
| [`charge`](fn@charge) | [`validate_cart`](fn@validate_cart) | Charges the customer, with `Pricing` on top: see the guide \| or another. |
| [`call_courier`](fn@call_courier) | [`validate_cart`](fn@validate_cart) | Asks for a courier. |
| [`ship`](fn@ship) | [`charge`](fn@charge), [`call_courier`](fn@call_courier) | Sends the parcel. |
| `tell` | [`ship`](fn@ship) | Says so. |
*/
    use super::{Arc, Gateway, Margin, PaymentAuthorized, Pricing};
    use tasker::schemars::JsonSchema;
    use tasker::serde::{Deserialize, Serialize};
    use tasker::{
        Annotate, Attempt, Cancelled, Config, Emit, Output, State, StepError, TaskId,
    };
    /// What an order is started with.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub struct Context {
        /// The price of each item.
        pub cents: Vec<u64>,
        /// Whether a courier is to bring it.
        pub express: bool,
    }
    /// What is bought.
    #[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub struct Cart {
        /// The price of all.
        pub cents: u64,
    }
    const fn is_express(ctx: &Context) -> bool {
        ctx.express
    }
    #[allow(clippy::unused_async)]
    /// Adds up the [`Cart`].
    ///
    /// # Errors
    /// None.
    pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        Ok(Cart {
            cents: ctx.cents.iter().sum(),
        })
    }
    #[allow(clippy::unused_async)]
    /// Charges the customer, with [`Pricing`] on top: see [the guide](https://example.org/guide) | or [another][1].
    ///
    /// # Errors
    /// None.
    ///
    /// [1]: https://example.org
    ///
    /// Waits for [`validate_cart`](fn@validate_cart).
    pub async fn charge(
        cart: Output<validate_cart>,
        pricing: Config<Pricing>,
        gateway: State<Gateway>,
        currency: State<Arc<str>>,
        task: TaskId,
        authorized: Emit<PaymentAuthorized>,
        margin: Annotate<Margin>,
    ) -> Result<String, StepError> {
        let State(Gateway) = gateway;
        let payment = format!(
            "{} {} for {task}", cart.cents + pricing.fee, &** currency
        );
        authorized
            .publish(PaymentAuthorized {
                payment: payment.clone(),
            });
        margin.set(Margin { cents: pricing.fee });
        std::future::ready(()).await;
        Ok(payment)
    }
    #[allow(clippy::unused_async)]
    /// Asks for a courier.
    ///
    /// # Errors
    /// When the worker ends.
    ///
    /// Waits for [`validate_cart`](fn@validate_cart). May be skipped, and has no result then.
    pub async fn call_courier(
        Attempt(attempt): Attempt,
        cancelled: Cancelled,
    ) -> Result<String, StepError> {
        if cancelled.is_cancelled() {
            return Err(
                StepError::retryable(format!("attempt {attempt} was interrupted")),
            );
        }
        Ok("bike 7".to_owned())
    }
    #[allow(clippy::unused_async)]
    /// Sends the parcel.
    ///
    /// # Errors
    /// None.
    ///
    /// Waits for [`charge`](fn@charge) and [`call_courier`](fn@call_courier).
    pub async fn ship(
        courier: Option<Output<call_courier>>,
        ctx: &Context,
    ) -> Result<String, StepError> {
        let items = ctx.cents.len();
        Ok(
            courier
                .map_or_else(
                    || format!("{items} by post"),
                    |courier| format!("{items} by {}", * courier),
                ),
        )
    }
    #[allow(clippy::unused_async)]
    /// Says so.
    ///
    /// Waits for [`ship`](fn@ship).
    async fn tell(parcel: Output<ship>, payment: Output<charge>) -> std::io::Result<()> {
        drop((parcel.0, payment.0));
        std::future::ready(Ok(())).await
    }
    #[allow(unexpected_cfgs)]
    const _: () = {
        #[cfg(rust_analyzer)]
        const _: () = {
            const _: () = {
                use ::tasker::__private::options::workflow::{
                    namespace, name, version, concurrent,
                };
            };
            const _: () = {
                use ::tasker::__private::options::step::timeout;
            };
            const _: () = {
                use ::tasker::__private::options::step::{depends_on, retry, config};
            };
            const _: () = {
                use ::tasker::__private::options::retry::{limit, base, max};
            };
            const _: () = {
                use ::tasker::__private::options::step::{depends_on, when};
            };
            const _: () = {
                use ::tasker::__private::options::step::{depends_on, no_retry};
            };
            const _: () = {
                use ::tasker::__private::options::step::{depends_on, name};
            };
            let _ = validate_cart;
            let _ = validate_cart;
            let _ = validate_cart;
            let _ = charge;
            let _ = call_courier;
            let _ = call_courier;
            let _ = ship;
            let _ = ship;
            let _ = charge;
        };
    };
    /// The step [`validate_cart`](fn@validate_cart), as a type: `Output<validate_cart>`.
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum validate_cart {}
    #[automatically_derived]
    impl ::tasker::Step for validate_cart {
        type Workflow = Workflow;
        type Returned = Result<Cart, StepError>;
        type Presence = ::tasker::Always;
        const NAME: &'static ::core::primitive::str = "validate_cart";
    }
    #[automatically_derived]
    impl ::tasker::__private::StepFn for validate_cart {
        type Sees = Workflow;
        type Params = ();
        fn describe(step: ::tasker::StepSpec) -> ::tasker::StepSpec {
            ::tasker::__private::told(step, "Adds up the [`Cart`].", &[])
                .timeout(::tasker::__private::Duration::from_millis(15000u64))
        }
        fn call(
            context: &::tasker::__private::Seen<Self>,
            (): ::tasker::__private::Values<Self>,
        ) -> ::tasker::__private::BoxFuture<'_, Self::Returned> {
            ::tasker::__private::boxed((validate_cart(&*context)))
        }
    }
    #[automatically_derived]
    impl<__A> ::tasker::RunsIn<__A> for validate_cart
    where
        (): ::tasker::__private::Provided<validate_cart, __A>,
    {}
    /// The step [`charge`](fn@charge), as a type: `Output<charge>`.
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum charge {}
    #[automatically_derived]
    impl ::tasker::Step for charge {
        type Workflow = Workflow;
        type Returned = Result<String, StepError>;
        type Presence = ::tasker::Always;
        const NAME: &'static ::core::primitive::str = "charge";
    }
    #[automatically_derived]
    impl ::tasker::DependsOn<validate_cart> for charge {}
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P0> for charge {
        type Ty = Output<validate_cart>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P1> for charge {
        type Ty = Config<Pricing>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P2> for charge {
        type Ty = State<Gateway>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P3> for charge {
        type Ty = State<Arc<str>>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P4> for charge {
        type Ty = TaskId;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P5> for charge {
        type Ty = Emit<PaymentAuthorized>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P6> for charge {
        type Ty = Annotate<Margin>;
    }
    #[automatically_derived]
    impl ::tasker::__private::StepFn for charge {
        type Sees = ();
        type Params = (
            ::tasker::__private::P0,
            (
                ::tasker::__private::P1,
                (
                    ::tasker::__private::P2,
                    (
                        ::tasker::__private::P3,
                        (
                            ::tasker::__private::P4,
                            (::tasker::__private::P5, (::tasker::__private::P6, ())),
                        ),
                    ),
                ),
            ),
        );
        fn describe(step: ::tasker::StepSpec) -> ::tasker::StepSpec {
            {
                let config: <<charge as ::tasker::Param<
                    ::tasker::__private::P1,
                >>::Ty as ::core::ops::Deref>::Target = Pricing { fee: 30 };
                ::tasker::__private::configure::<
                    charge,
                    ::tasker::__private::P1,
                >(
                    ::tasker::__private::told(
                            step,
                            "Charges the customer, with [`Pricing`] on top: see [the guide](https://example.org/guide) | or [another][1].",
                            &["validate_cart"],
                        )
                        .retry(::tasker::RetryPolicy {
                            limit: 5u32,
                            base: ::tasker::__private::Duration::from_millis(500u64),
                            max: ::tasker::__private::Duration::from_millis(60000u64),
                        }),
                    ::tasker::Config(config),
                )
            }
        }
        fn call(
            _: &::tasker::__private::Seen<Self>,
            (
                arg0,
                (arg1, (arg2, (arg3, (arg4, (arg5, (arg6, ())))))),
            ): ::tasker::__private::Values<Self>,
        ) -> ::tasker::__private::BoxFuture<'_, Self::Returned> {
            ::tasker::__private::boxed(
                (charge(arg0, arg1, arg2, arg3, arg4, arg5, arg6)),
            )
        }
    }
    #[automatically_derived]
    impl<__A> ::tasker::RunsIn<__A> for charge
    where
        (
            ::tasker::__private::P0,
            (
                ::tasker::__private::P1,
                (
                    ::tasker::__private::P2,
                    (
                        ::tasker::__private::P3,
                        (
                            ::tasker::__private::P4,
                            (::tasker::__private::P5, (::tasker::__private::P6, ())),
                        ),
                    ),
                ),
            ),
        ): ::tasker::__private::Provided<charge, __A>,
    {}
    /// The step [`call_courier`](fn@call_courier), as a type: `Output<call_courier>`.
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum call_courier {}
    #[automatically_derived]
    impl ::tasker::Step for call_courier {
        type Workflow = Workflow;
        type Returned = Result<String, StepError>;
        type Presence = ::tasker::Maybe;
        const NAME: &'static ::core::primitive::str = "call_courier";
    }
    #[automatically_derived]
    impl ::tasker::DependsOn<validate_cart> for call_courier {}
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P0> for call_courier {
        type Ty = Attempt;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P1> for call_courier {
        type Ty = Cancelled;
    }
    #[automatically_derived]
    impl ::tasker::__private::StepFn for call_courier {
        type Sees = Workflow;
        type Params = (::tasker::__private::P0, (::tasker::__private::P1, ()));
        fn describe(step: ::tasker::StepSpec) -> ::tasker::StepSpec {
            ::tasker::__private::told(step, "Asks for a courier.", &["validate_cart"])
        }
        fn when(context: &::tasker::__private::Seen<Self>) -> ::core::primitive::bool {
            let when: fn(
                &<Workflow as ::tasker::Workflow>::Context,
            ) -> ::core::primitive::bool = is_express;
            when(context)
        }
        fn call(
            _: &::tasker::__private::Seen<Self>,
            (arg0, (arg1, ())): ::tasker::__private::Values<Self>,
        ) -> ::tasker::__private::BoxFuture<'_, Self::Returned> {
            ::tasker::__private::boxed((call_courier(arg0, arg1)))
        }
    }
    #[automatically_derived]
    impl<__A> ::tasker::RunsIn<__A> for call_courier
    where
        (
            ::tasker::__private::P0,
            (::tasker::__private::P1, ()),
        ): ::tasker::__private::Provided<call_courier, __A>,
    {}
    /// The step [`ship`](fn@ship), as a type: `Output<ship>`.
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub enum ship {}
    #[automatically_derived]
    impl ::tasker::Step for ship {
        type Workflow = Workflow;
        type Returned = Result<String, StepError>;
        type Presence = ::tasker::Always;
        const NAME: &'static ::core::primitive::str = "ship";
    }
    #[automatically_derived]
    impl ::tasker::DependsOn<charge> for ship {}
    #[automatically_derived]
    impl ::tasker::DependsOn<call_courier> for ship {}
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P0> for ship {
        type Ty = Option<Output<call_courier>>;
    }
    #[automatically_derived]
    impl ::tasker::__private::StepFn for ship {
        type Sees = Workflow;
        type Params = (::tasker::__private::P0, ());
        fn describe(step: ::tasker::StepSpec) -> ::tasker::StepSpec {
            ::tasker::__private::told(
                    step,
                    "Sends the parcel.",
                    &["charge", "call_courier"],
                )
                .retry(::tasker::RetryPolicy::NEVER)
        }
        fn call(
            context: &::tasker::__private::Seen<Self>,
            (arg0, ()): ::tasker::__private::Values<Self>,
        ) -> ::tasker::__private::BoxFuture<'_, Self::Returned> {
            ::tasker::__private::boxed((ship(arg0, &*context)))
        }
    }
    #[automatically_derived]
    impl<__A> ::tasker::RunsIn<__A> for ship
    where
        (::tasker::__private::P0, ()): ::tasker::__private::Provided<ship, __A>,
    {}
    /// The step [`tell`](fn@tell), as a type: `Output<tell>`.
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    enum tell {}
    #[automatically_derived]
    impl ::tasker::Step for tell {
        type Workflow = Workflow;
        type Returned = std::io::Result<()>;
        type Presence = ::tasker::Always;
        const NAME: &'static ::core::primitive::str = "tell the customer";
    }
    #[automatically_derived]
    impl ::tasker::DependsOn<charge> for tell {}
    #[automatically_derived]
    impl ::tasker::DependsOn<ship> for tell {}
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P0> for tell {
        type Ty = Output<ship>;
    }
    #[automatically_derived]
    impl ::tasker::Param<::tasker::__private::P1> for tell {
        type Ty = Output<charge>;
    }
    #[automatically_derived]
    impl ::tasker::__private::StepFn for tell {
        type Sees = ();
        type Params = (::tasker::__private::P0, (::tasker::__private::P1, ()));
        fn describe(step: ::tasker::StepSpec) -> ::tasker::StepSpec {
            ::tasker::__private::told(step, "Says so.", &["ship"])
        }
        fn call(
            _: &::tasker::__private::Seen<Self>,
            (arg0, (arg1, ())): ::tasker::__private::Values<Self>,
        ) -> ::tasker::__private::BoxFuture<'_, Self::Returned> {
            ::tasker::__private::boxed((tell(arg0, arg1)))
        }
    }
    #[automatically_derived]
    impl<__A> ::tasker::RunsIn<__A> for tell
    where
        (
            ::tasker::__private::P0,
            (::tasker::__private::P1, ()),
        ): ::tasker::__private::Provided<tell, __A>,
    {}
    /// The workflow `shop.process_order`, version 1.0.0, as a type.
    pub enum Workflow {}
    #[automatically_derived]
    impl ::tasker::Workflow for Workflow {
        type Context = <::core::result::Result<
            Context,
            ::tasker::StepError,
        > as ::tasker::StepResult>::Stored;
        fn define() -> ::tasker::WorkflowBuilder {
            ::tasker::__private::workflow::<
                Self,
                (validate_cart, charge, call_courier, ship, tell),
            >(
                    "shop",
                    "process_order",
                    "1.0.0",
                    "Takes a [`Cart`](order::Cart) to the customer's door.",
                )
                .concurrent(false)
        }
    }
    #[automatically_derived]
    impl<__A: 'static> ::tasker::Executable<__A> for Workflow
    where
        (
            validate_cart,
            charge,
            call_courier,
            ship,
            tell,
        ): ::tasker::__private::Handlers<__A>,
    {
        fn handlers() -> ::tasker::__private::Vec<
            (&'static ::core::primitive::str, ::tasker::__private::HandlerFn<__A>),
        > {
            ::tasker::__private::handlers::<
                (validate_cart, charge, call_courier, ship, tell),
                __A,
            >()
        }
    }
}
