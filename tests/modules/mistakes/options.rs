//! Mistakes in the options of steps and of the workflow.

use fastrand::Rng;

use super::{Expected, any, error, error_beginning, one_of};
use crate::module::Module;
use crate::names::pick;
use crate::place::mark;

const NO_DURATION: &str = "is not a duration\nhelp: write a whole number and a unit, such as \"500ms\", \"30s\", \"5m\", \"2h\" or \"1d\"";

pub(super) fn unknown_option(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let (name, rest) = pick(
        rng,
        &[("priority", " = 3"), ("concurrent", " = false"), ("spread_over_days", ""), ("colour", "(red)")],
    );
    option(module, step, &format!("{}{rest}", mark(name)), rng);
    error_beginning(format!("unknown option `{name}`\nhelp: the options are `depends_on`, "))
}

pub(super) fn misspelled_option(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let misspelled = [
        ("timeot", " = \"3s\"", "timeout"),
        ("conifg", " = 3", "config"),
        ("nmae", " = \"x\"", "name"),
        ("no_rety", "", "no_retry"),
        ("retyr", "(limit = 2)", "retry"),
        ("depend_on", " = []", "depends_on"),
        ("limits", "", "limit"),
        ("bas", "", "base"),
    ];
    let (name, rest, meant) = pick(rng, &misspelled);
    if ["limit", "base"].contains(&meant) {
        if module.steps[step].has("retry") || module.steps[step].has("no_retry") {
            return None;
        }
        option(module, step, &format!("retry({} = 3)", mark(name)), rng);
    } else if meant == "depends_on" {
        let edges: Vec<String> = module.steps[step].depends_on.drain(..).map(|edge| edge.text).collect();
        option(module, step, &format!("{} = [{}]", mark(name), edges.join(", ")), rng);
    } else {
        option(module, step, &format!("{}{rest}", mark(name)), rng);
    }
    error(format!("unknown option `{name}`\nhelp: an option with a similar name exists: `{meant}`"))
}

pub(super) fn misspelled_workflow_option(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let (name, value, meant) =
        if let Some(context) = module.args.iter().position(|arg| arg.starts_with("context")) {
            module.args.remove(context);
            ("contxt", "::stage::Order", "context")
        } else {
            pick(
                rng,
                &[
                    ("vresion", "\"1.0.0\"", "version"),
                    ("nmae", "\"order\"", "name"),
                    ("namspace", "7", "namespace"),
                ],
            )
        };
    module.args.insert(rng.usize(..=module.args.len()), format!("{} = {value}", mark(name)));
    error(format!("unknown option `{name}`\nhelp: an option with a similar name exists: `{meant}`"))
}

pub(super) fn bad_duration(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let text = pick(rng, &["30 sec", "30", "", "1h30m", "-1s", "1.5s", "30S"]);
    timeout(module, &mark(&format!("{text:?}")), rng)?;
    error(format!("`{text}` {NO_DURATION}"))
}

pub(super) fn unquoted_duration(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    timeout(module, &mark(pick(rng, &["30", "1.5", "true", "'s'"])), rng)?;
    error("expected a duration in quotes: `timeout = \"30s\"`")
}

pub(super) fn no_time(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    timeout(module, &mark(pick(rng, &["\"0s\"", "\"0ms\"", "\"00d\""])), rng)?;
    error("the `timeout` must be longer than nothing\nhelp: leave it out for no limit")
}

pub(super) fn too_long(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let text = pick(rng, &["3651d", "99999999999999999999s", "18446744073709551615d"]);
    timeout(module, &mark(&format!("{text:?}")), rng)?;
    error(format!("`{text}` is too long\nhelp: the most is \"3650d\", ten years"))
}

pub(super) fn bad_retry_duration(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let key = pick(rng, &["base", "max"]);
    retry(module, &format!("retry(limit = 2, {key} = {})", mark("\"1 minute\"")), rng)?;
    error(format!("`1 minute` {NO_DURATION}"))
}

pub(super) fn limit_of_nothing(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    retry(module, &format!("retry(limit = {}, max = \"1m\")", mark("0")), rng)?;
    error(
        "a step is executed at least once, so the least `limit` is 1\nhelp: write `no_retry` for one execution",
    )
}

pub(super) fn base_over_max(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let base = mark("\"5m\"");
    let retries = if rng.bool() {
        format!("retry(base = {base}, max = \"1m\")")
    } else {
        format!("retry(max = \"1m\", base = {base})")
    };
    retry(module, &retries, rng)?;
    error(
        "the first wait, 5m, is longer than the longest one, 1m\nhelp: make `max` 5m or more, or `base` shorter",
    )
}

pub(super) fn given_twice(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].has("timeout"))?;
    let options = &mut module.steps[step].options;
    options.insert(0, "timeout = \"1m\"".to_owned());
    options.push(format!("{} = \"1m\"", mark("timeout")));
    error("`timeout` is given twice")
}

pub(super) fn two_policies(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let (first, second) = if rng.bool() {
        ("no_retry", mark("retry") + "(limit = 2)")
    } else {
        ("retry(limit = 2)", mark("no_retry"))
    };
    let step =
        one_of(module, rng, |step| !module.steps[step].has("retry") && !module.steps[step].has("no_retry"))?;
    module.steps[step].options.insert(0, first.to_owned());
    module.steps[step].options.push(second);
    error("`retry` and `no_retry` contradict each other\nhelp: keep one of them")
}

pub(super) fn two_attributes(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let again = pick(rng, &["#[@]", "#[@()]", "#[::tasker::@]", "#[@(timeout = \"30s\")]"]);
    module.steps[step].after.push(again.replace('@', &mark("step")));
    error("a function is one step\nhelp: put all options into one `#[step(..)]`")
}

pub(super) fn one_stored_name(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].has("name"))?;
    let other = one_of(module, rng, |other| other != step)?;
    let name = format!("{:?}", module.steps[other].stored);
    // If both are renamed, the second one is the wrong one.
    let renamed = module.steps[other].options.iter_mut().find(|option| option.starts_with("name"));
    match renamed {
        Some(renamed) if other > step => {
            *renamed = format!("name = {}", mark(&name));
            option(module, step, &format!("name = {name}"), rng);
        }
        _ => option(module, step, &format!("name = {}", mark(&name)), rng),
    }
    let [first, second] = [step.min(other), step.max(other)].map(|step| module.steps[step].bare());
    error(format!("the steps `{first}` and `{second}` are both stored as `{}`", module.steps[other].stored))
}

pub(super) fn empty_name(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].has("name"))?;
    option(module, step, &format!("name = {}", mark("\"\"")), rng);
    error("the name of a step must be 1 to 128 printable characters; it is empty")
}

pub(super) fn no_value(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].has("timeout"))?;
    option(module, step, &(mark("timeout") + " ="), rng);
    error("`timeout =` has no value")
}

pub(super) fn config_without_parameter(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    // `Read` may stand for `Config`, as far as the macro sees.
    let step = one_of(module, rng, |step| {
        !module.steps[step].takes("Config<") && !module.steps[step].takes("Read<")
    })?;
    option(module, step, &(mark("config") + " = 3"), rng);
    error(format!(
        "the step `{}` has a configuration but does not take it\nhelp: add a parameter: `config: Config<T>`",
        module.steps[step].bare()
    ))
}

pub(super) fn parameter_without_config(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].takes("Config<"))?;
    module.steps[step].params.push(format!("_: {}<u64>", mark("Config")));
    error(format!(
        "the step `{}` takes a `Config` but has no configuration\nhelp: write `#[step(config = VALUE)]`, where the value is a `u64`",
        module.steps[step].bare()
    ))
}

pub(super) fn config_of_another_type(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].takes("Config<"))?;
    module.steps[step].params.push("_: Config<u64>".to_owned());
    option(module, step, &format!("config = {}", mark(pick(rng, &["\"thirty\"", "Some(3)", "[3]"]))), rng);
    error("mismatched types")
}

pub(super) fn bad_version(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let version = pick(rng, &["1", "1.0", "01.0.0", "1.0.0-", "v1.0.0", ""]);
    module.args.retain(|arg| !arg.starts_with("version"));
    module
        .args
        .insert(rng.usize(..=module.args.len()), format!("version = {}", mark(&format!("{version:?}"))));
    error(format!(
        "`{version}` is not a semantic version\nhelp: write three numbers, such as \"1.4.0\" or \"2.0.0-rc.1\""
    ))
}

/// Adds an option at a random place.
fn option(module: &mut Module, step: usize, option: &str, rng: &mut Rng) {
    let options = &mut module.steps[step].options;
    options.insert(rng.usize(..=options.len()), option.to_owned());
}

/// Adds a time limit to a step that has none.
fn timeout(module: &mut Module, value: &str, rng: &mut Rng) -> Option<()> {
    let step = one_of(module, rng, |step| !module.steps[step].has("timeout"))?;
    option(module, step, &format!("timeout = {value}"), rng);
    Some(())
}

/// Adds a policy to a step that has none.
fn retry(module: &mut Module, policy: &str, rng: &mut Rng) -> Option<()> {
    let step =
        one_of(module, rng, |step| !module.steps[step].has("retry") && !module.steps[step].has("no_retry"))?;
    option(module, step, policy, rng);
    Some(())
}
