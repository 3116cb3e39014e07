//! What is around the steps of a module.

use fastrand::Rng;

use crate::module::Context;
use crate::names::pick;

pub(super) const DERIVES: &str =
    "#[derive(::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]";

/// Items that a workflow has nothing to do with, `NN` being a number.
const OTHERS: [&str; 12] = [
    "    #[allow(dead_code)]\n    fn helper_NN() -> Result<u64, StepError> {\n        Ok(NN)\n    }",
    "    #[allow(dead_code)]\n    async fn looks_like_a_step_NN(number: u64) -> Result<u64, StepError> {\n        Ok(number)\n    }",
    "    #[allow(dead_code)]\n    const HELPER_NN: [u64; 1 + 1] = [NN; 1 + 1];",
    "    const _: () = {};",
    "    // #[step(depends_on = nothing)]",
    "    #[allow(unused_macros)]\n    macro_rules! helper_NN {\n        ($name:ident) => {\n            async fn $name() {}\n        };\n    }",
    "    #[allow(dead_code)]\n    struct HelperNN<'a, T>(&'a T)\n    where\n        T: Clone;",
    "    #[allow(dead_code)]\n    mod inner_NN {\n        pub(super) struct Context;\n        pub(super) fn step() -> u64 {\n            NN\n        }\n    }",
    "    /// A trait.\n    #[allow(dead_code)]\n    trait HelperNN {\n        fn step(&self) -> &u64;\n    }",
    "    #[allow(unused_imports)]\n    use ::std::{collections::HashMap as MapNN, fmt::{self as fmt_NN, Write as _}};",
    "    #[allow(dead_code)]\n    enum HelperNN {\n        Step { step: u64 },\n        Context(u64),\n    }",
    "    #[cfg(any())]\n    use nothing::there_is::{self as _, NoSuchThing};",
];

const BEFORE: [&str; 7] = [
    "/// Takes a cart to an order.",
    "/// Takes a cart\n/// to an order.\n///\n/// And more.",
    "/** Takes a cart\nto an order. */",
    "#[doc = \"Takes a cart.\"]",
    "#[allow(clippy::all)]",
    "// A comment.",
    "#[doc(hidden)]",
];

pub(super) fn before(rng: &mut Rng) -> Vec<String> {
    (0..rng.usize(..3)).map(|_| pick(rng, &BEFORE).to_owned()).collect()
}

/// Options of `#[workflow]`, without the context.
pub(super) fn args(rng: &mut Rng) -> Vec<String> {
    let mut args = Vec::new();
    let versions = ["0.1.0", "1.0.0", "2.10.0-rc.1+build.5"];
    for option in [
        format!("namespace = {:?}", pick(rng, &["shop", "a \"b\"", "größe"])),
        format!("name = {:?}", pick(rng, &["process_order", "process order", "r#order"])),
        format!("version = {:?}", pick(rng, &versions)),
        format!("concurrent = {}", rng.bool()),
        "crate = ::tasker".to_owned(),
    ] {
        if rng.u8(..4) == 0 {
            args.push(option);
        }
    }
    args
}

/// The context of a module of this visibility, and the option that names it if it needs one. `derives` is whether the module can declare
/// a type that is stored.
pub(super) fn context(module: &str, derives: bool, rng: &mut Rng) -> (Context, Option<String>) {
    let vis = match module {
        "" => pick(rng, &["pub", "pub(super)", "pub(crate)"]),
        "pub(crate)" => pick(rng, &["pub", "pub(crate)"]),
        _ => "pub",
    };
    let number = rng.u64(1..1000);
    let context =
        |item: String, ty: &str, read, json| Context { item, ty: ty.to_owned(), read, json, number };
    let object = format!("{{\"number\": {number}}}");
    match rng.u8(..if derives { 5 } else { 3 }) {
        0 => (
            context("    use ::stage::Order as Context;\n".to_owned(), "Context", "&ctx.number", object),
            None,
        ),
        1 => {
            (context(format!("    {vis} type Context = u64;\n"), "Context", "ctx", number.to_string()), None)
        }
        2 => {
            let option = Some("context = ::stage::Order".to_owned());
            (context(String::new(), "::stage::Order", "&ctx.number", object), option)
        }
        _ => {
            let item =
                format!("    {DERIVES}\n    {vis} struct Context {{\n        pub number: u64,\n    }}\n");
            (context(item, "Context", "&ctx.number", object), None)
        }
    }
}

pub(super) fn others(steps: usize, rng: &mut Rng) -> Vec<(usize, String)> {
    (0..rng.usize(..4))
        .map(|number| (rng.usize(..=steps), pick(rng, &OTHERS).replace("NN", &number.to_string())))
        .collect()
}
