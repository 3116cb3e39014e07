//! Attributes that are where they do not belong.

use crate::errors::Errors;
use crate::parse::{Misplaced, Module};

pub(super) fn check(module: &Module, errors: &mut Errors) {
    for (what, span) in &module.misplaced {
        errors.at(*span, message(*what));
    }
    // Whoever put a step in a wrong place has written one.
    if module.steps.is_empty() && module.misplaced.is_empty() {
        errors.at(module.ident.span(), "a workflow needs at least one `#[step]` function");
    }
}

fn message(what: Misplaced) -> &'static str {
    match what {
        Misplaced::Workflow => {
            "`#[workflow]` is given twice\nhelp: put all options into one `#[workflow(..)]`"
        }
        Misplaced::StepOnModule => "a module is no step\nhelp: put `#[step]` on the functions in it",
        Misplaced::StepInside => "`#[step]` belongs on a function directly inside a `#[workflow]` module",
        Misplaced::StepOfMacro => {
            "`#[workflow]` cannot see the steps that a macro in it makes\n\
             help: write the function out, or let the macro make the whole module, its `#[workflow]` included"
        }
    }
}
