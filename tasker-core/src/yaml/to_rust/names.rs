//! What modules, functions and parameters are called that stand for tasks and steps.

use tasker_rules::names::snake_case;

use super::Taken;
use crate::{StepDef, StepNo, WorkflowDef};

/// Keywords that cannot be names, not even as `r#..`.
const NEVER: &[&str] = &["self", "super", "crate", "Self", "_"];

/// The other keywords of all editions.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What a step of that name would hide.
const USED: &[&str] = &[
    "bool",
    "char",
    "str",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "core",
    "std",
    "tasker",
    "serde",
    "serde_json",
    "schemars",
];

/// The functions of the steps, and the parameters that their results come in.
pub(super) struct Names {
    functions: Vec<String>,
    parameters: Vec<String>,
}

impl Names {
    pub(super) fn of(workflow: &WorkflowDef) -> Self {
        let steps: Vec<&str> = workflow.steps().iter().map(StepDef::name).collect();
        let functions = Taken::reserve(USED.iter().chain(NEVER).copied()).snake_case(&steps);
        let mut taken = Taken::reserve(["ctx", "config"]);
        let parameters: Vec<String> = functions.iter().map(|name| taken.unique(name.clone(), "_")).collect();
        let raw = |names: Vec<String>| names.into_iter().map(raw).collect();
        Self { functions: raw(functions), parameters: raw(parameters) }
    }

    pub(super) fn function(&self, step: StepNo) -> &str {
        self.functions.get(step.index()).map_or("", String::as_str)
    }

    pub(super) fn parameter(&self, step: StepNo) -> &str {
        self.parameters.get(step.index()).map_or("", String::as_str)
    }
}

/// What the module of a task is called: its name, as far as Rust has such names.
pub(super) fn module_name(name: &str) -> String {
    let mut taken = Taken::reserve(USED.iter().chain(NEVER).copied());
    raw(taken.unique(snake_case(name), "_"))
}

/// A name that Rust takes for a keyword is written `r#..`.
pub(super) fn raw(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StepSpec;

    #[test]
    fn modules_have_names_of_rust() {
        assert_eq!(module_name("type"), "r#type");
        assert_eq!(module_name("self"), "self_2");
    }

    #[test]
    fn functions_and_parameters_have_names_of_their_own() {
        let steps = ["a b", "a_b", "a-b", "bool", "match", "ctx"];
        let builder = WorkflowDef::builder("a", "b", "1.0.0");
        let workflow = steps.iter().fold(builder, |builder, name| builder.step(StepSpec::new(*name)));
        let workflow = workflow.build().unwrap();
        let names = Names::of(&workflow);
        let mut all: Vec<(&str, &str, &str)> = workflow
            .steps()
            .iter()
            .enumerate()
            .map(|(at, step)| {
                (StepDef::name(step), names.function(StepNo::at(at)), names.parameter(StepNo::at(at)))
            })
            .collect();
        all.sort_unstable();
        assert_eq!(
            all,
            [
                ("a b", "a_b_2", "a_b_2"),
                ("a-b", "a_b_3", "a_b_3"),
                ("a_b", "a_b", "a_b"),
                ("bool", "bool_2", "bool_2"),
                ("ctx", "ctx", "ctx_2"),
                ("match", "r#match", "r#match"),
            ]
        );
    }
}
