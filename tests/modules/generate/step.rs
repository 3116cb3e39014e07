//! The steps of a module: what they are called, take, return and do.

use fastrand::Rng;

use super::items::DERIVES;
use crate::module::{Listing, Module, Read, Step, Value, When};
use crate::names::{self, pick};

/// Lines that may stand before or after `#[step]`, each once.
const ATTRIBUTES: [&str; 9] = [
    "/// Does what it is called.",
    "/** Does what\n    it is called. */",
    "#[doc = \"More.\"]",
    "#[allow(unused_variables, unused_braces)]",
    "#[inline]",
    "#[must_use]",
    "#[expect(clippy::unused_async)]",
    "// A comment, with #[step].",
    "#[doc(hidden)]",
];

const RETURNS: [&str; 6] = [
    "Result<#, StepError>",
    "Result<#, StepError>",
    "::core::result::Result<#, Failure>",
    "::std::io::Result<#>",
    "::stage::Reply<#>",
    "::std::result::Result<#, ::std::num::ParseIntError>",
];

/// Names that parameters of the generator have, so that none that reads a result may have it.
const TAKEN: [&str; 11] = [
    "ctx",
    "log",
    "gateway",
    "currency",
    "attempt",
    "cancelled",
    "limits",
    "written",
    "task",
    "happened",
    "noted",
];

/// A step that is called so, and has no edges yet.
pub(super) fn bare(ident: String, rng: &mut Rng) -> Step {
    let mut attributes: Vec<String> = ATTRIBUTES.iter().map(|&line| line.to_owned()).collect();
    rng.shuffle(&mut attributes);
    attributes.truncate(rng.usize(..4));
    let after = attributes.split_off(rng.usize(..=attributes.len()));
    let mut options = Vec::new();
    let mut stored = names::bare(&ident).to_owned();
    if rng.u8(..5) == 0 {
        stored = pick(rng, &["the step \"#\"", "#, renamed", "a/#", "größe von #"]).replace('#', &stored);
        options.push(format!("name = {stored:?}"));
    }
    if rng.u8(..4) == 0 {
        options.push(format!("timeout = {:?}", pick(rng, &["30s", "500000ms", "2h", "3650d", "1m"])));
    }
    if rng.u8(..4) == 0 {
        let retries = [
            "no_retry",
            "retry()",
            "retry(limit = 5)",
            "retry(base = \"1s\", max = \"1m\")",
            "retry(max = \"1h\", limit = 1,)",
            "retry(base = \"30s\")",
        ];
        options.push(pick(rng, &retries).to_owned());
    }
    Step {
        stored,
        attribute: pick(rng, &["step", "step", "step", "::tasker::step"]).to_owned(),
        before: attributes,
        after,
        depends_on: Vec::new(),
        listing: pick(rng, &[Listing::One, Listing::List, Listing::Trailing]),
        options,
        place: rng.usize(..4),
        when: When::Always,
        vis: pick(rng, &["", "", "pub", "pub(crate)", "pub(super)", "pub(self)"]).to_owned(),
        keywords: "async fn".to_owned(),
        generics: String::new(),
        params: Vec::new(),
        tall: rng.u8(..4) == 0,
        returns: pick(rng, &RETURNS).to_owned(),
        clause: if rng.u8(..8) == 0 { "\n    where\n        String: Clone," } else { "" },
        value: value(rng),
        awaits: rng.bool(),
        reads: Vec::new(),
        lines: Vec::new(),
        tail: "Ok(written)".to_owned(),
        marked: false,
        ident,
    }
}

fn value(rng: &mut Rng) -> Value {
    let (ty, make) = pick(
        rng,
        &[
            ("u64", "log.number()"),
            ("u64", "log.number()"),
            ("u64", "log.number()"),
            ("String", "log.number().to_string()"),
            ("Number", "Number { number: log.number() }"),
            ("Vec<u64>", "vec![log.number(), 7]"),
            ("Option<u64>", "Some(log.number())"),
            ("(u64, String)", "(log.number(), String::new())"),
            ("::stage::Table<{ 1 + 1 }>", "::stage::Table { first: log.number() }"),
            ("()", "()"),
        ],
    );
    Value { ty: ty.to_owned(), make: make.to_owned(), stored: true, private: false }
}

/// Lets some steps run under a condition.
pub(super) fn conditions(module: &mut Module, rng: &mut Rng) {
    let (read, number) = (module.context.read, module.context.number);
    for step in &mut module.steps {
        if rng.u8(..6) != 0 {
            continue;
        }
        let skips = rng.u8(..3) == 0;
        let condition = match (skips, rng.u8(..3)) {
            (false, 0) => "::stage::always".to_owned(),
            (true, 0) => "::stage::never".to_owned(),
            (_, 1) => format!("|_| {}", !skips),
            (_, _) => format!("|ctx| *{read} {} {number}", if skips { "!=" } else { "==" }),
        };
        step.when = if skips { When::Skips } else { When::Runs };
        step.options.insert(rng.usize(..=step.options.len()), format!("when = {condition}"));
    }
}

/// Gives the steps of a module their parameters, once all edges are known. A needless edge is read, or rustc warns of it.
pub(super) fn params(module: &mut Module, needless: &[(usize, usize)], rng: &mut Rng) {
    for at in 0..module.steps.len() {
        let ancestors = module.ancestors(at);
        let read = |of: usize, rng: &mut Rng| {
            let direct = module.steps[at].depends_on.iter().any(|edge| edge.to == of);
            needless.contains(&(at, of)) || rng.u8(..10) < if direct { 6 } else { 2 }
        };
        let reads: Vec<usize> = ancestors.into_iter().filter(|&of| read(of, rng)).collect();
        let mut params = own_params(module, at, rng);
        for of in reads {
            let (param, value) = read_param(&module.steps[of], of, rng);
            params.push((param, String::new()));
            module.steps[at].reads.push(Read { of, value });
        }
        rng.shuffle(&mut params);
        let step = &mut module.steps[at];
        for (param, line) in params {
            step.params.push(param);
            step.lines.extend((!line.is_empty()).then_some(line));
        }
    }
}

/// The parameters that read no result, each with what the body says of it.
fn own_params(module: &mut Module, at: usize, rng: &mut Rng) -> Vec<(String, String)> {
    let (ty, read, number) = (&module.context.ty, module.context.read, module.context.number);
    let step = &mut module.steps[at];
    let name = step.stored.clone();
    let mut params = Vec::new();
    let records = [
        ("happened: Emit<Happened>", "happened.publish(log.happened());"),
        (
            "happened: ::tasker::Emit<::stage::Happened>",
            "for _ in 0..3 { happened.publish(log.happened()); }",
        ),
        ("noted: Annotate<Noted>", "noted.set(log.noted());"),
    ];
    if rng.u8(..8) == 0 {
        let (param, line) = pick(rng, &records);
        params.push((param.to_owned(), line.to_owned()));
    }
    let mut take = |param: &str, found: &str, expected: &str| {
        let line = if found.is_empty() {
            String::new()
        } else {
            format!("log.same({name:?}, {found}, {expected});")
        };
        params.push((param.to_owned(), line));
    };
    take(
        pick(rng, &["log: State<Log>", "State(log): State<Log>", "log: ::tasker::State<::stage::Log>"]),
        "",
        "",
    );
    match rng.u8(..8) {
        0..3 => take(&format!("ctx: &{ty}"), read, &format!("&{number}")),
        3 => take(&format!("#[allow(unused)] ctx: &{ty}"), "", ""),
        4 => take(&format!("_: &{ty}"), "", ""),
        _ => {}
    }
    match rng.u8(..10) {
        0 => take("gateway: State<Gateway>", "&*gateway", "&Gateway(7)"),
        1 => take("State(Gateway(gateway)): State<Gateway>", "&gateway", "&7"),
        _ => {}
    }
    if rng.u8(..8) == 0 {
        take("currency: State<Currency>", "&**currency", "\"EUR\"");
    }
    match rng.u8(..12) {
        0 => take("Attempt(attempt): Attempt", "&attempt", "&1"),
        1 => take("attempt: ::tasker::Attempt", "&attempt.0", "&1"),
        2 => take("_: Cancelled", "", ""),
        3 => take("_cancelled: Cancelled", "", ""),
        _ => {}
    }
    match rng.u8(..16) {
        0 => take("task: TaskId", "&task.to_string().is_empty()", "&false"),
        1 => take("_: ::tasker::TaskId", "", ""),
        _ => {}
    }
    let config = match rng.u8(..16) {
        0 => ("7", "limits: Config<u64>", "&*limits", "&7"),
        1 => ("Limits { most: 7 }", "Config(limits): Config<Limits>", "&limits", "&Limits { most: 7 }"),
        2 => ("vec![(1, 2), (3, 4)]", "limits: ::tasker::Config<Vec<(u64, u64)>>", "&limits.len()", "&2"),
        _ => return params,
    };
    let (value, param, found, expected) = config;
    take(param, found, expected);
    step.options.push(format!("config = {value}"));
    params
}

/// A parameter that reads the result of a step, and what the body calls the value.
fn read_param(read: &Step, of: usize, rng: &mut Rng) -> (String, String) {
    let ident = &read.ident;
    let free = rng.bool() && !TAKEN.contains(&names::bare(ident));
    let name = if free { names::spell(ident, rng) } else { format!("p{of}") };
    let step = names::spell(ident, rng);
    if read.is_optional() {
        let ty = pick(
            rng,
            &["Option<Output<#>>", "Option<Output<#>>", "::core::option::Option<::tasker::Output<#>>"],
        );
        return (
            format!("{name}: {}", ty.replace('#', &step)),
            format!("&{name}.as_ref().map(|read| &**read)"),
        );
    }
    match rng.u8(..6) {
        0 => (format!("Output({name}): Output<{step}>"), format!("&{name}")),
        1 => (format!("{name}: ::tasker::Output<{step}>"), format!("&*{name}")),
        2 => (format!("{name}: Read<{step}>"), format!("&{name}.0")),
        _ => (format!("{name}: Output<{step}>"), format!("&*{name}")),
    }
}

/// Some steps return a type of the module, that is private where nobody outside can see the step's type.
pub(super) fn types_of_their_own(module: &mut Module, rng: &mut Rng) {
    for at in 0..module.steps.len() {
        if rng.u8(..8) != 0 {
            continue;
        }
        let private = !is_shown(module, at);
        let vis = if private { "" } else { "pub " };
        let name = format!("Own{at}");
        let item = format!("    {DERIVES}\n    {vis}struct {name} {{\n        {vis}number: u64,\n    }}");
        module.others.push((rng.usize(..=module.steps.len()), item));
        let make = format!("{name} {{ number: log.number() }}");
        module.steps[at].value = Value { ty: name, make, stored: true, private };
    }
}

/// Whether the type of a step is seen outside the module: because the step is, or one that reads it.
fn is_shown(module: &Module, at: usize) -> bool {
    let mut shown: Vec<bool> =
        module.steps.iter().map(|step| !["", "pub(self)"].contains(&step.vis.as_str())).collect();
    // As often as there are steps is enough for the longest chain of readers.
    for _ in 0..module.steps.len() {
        for reader in 0..module.steps.len() {
            for read in &module.steps[reader].reads {
                shown[read.of] |= shown[reader];
            }
        }
    }
    shown[at]
}
