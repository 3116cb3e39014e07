//! `yaml = "…"`: the task file that a module is made with. The two must agree, and what the module does not say, the file supplies.
//!
//! What is wrong in the file itself is told in the words that an application would tell it in, at the path. Where one of the two says
//! otherwise than the other, the module is pointed at. Steps of whose edges something is unknown are marked as incomplete, so that
//! nothing is said about what follows.

mod facts;
mod names;
#[cfg(feature = "yaml")]
mod read;
#[cfg(not(feature = "yaml"))]
mod read {
    /// Nothing reads a file.
    pub(super) fn facts(_: &str) -> Result<super::facts::Facts, Vec<String>> {
        Err(Vec::new())
    }
}
mod supply;

use super::workflow::Said;
use super::{Draft, Index};
use crate::errors::Errors;
use crate::model::{File, Workflow};
use crate::parse::Module;

/// The edges of a step that come from the file.
pub(super) struct Edges {
    /// The steps that it waits for, by their places among the drafts.
    pub(super) steps: Vec<usize>,
    /// Where they stand: `config/order.yaml:91`.
    pub(super) place: String,
}

/// Compares a module with its file, if it has one, and takes from the file what is left open.
pub(super) fn agree(
    said: &Said,
    drafts: &mut [Draft],
    index: &Index,
    module: &Module,
    workflow: &mut Workflow,
    errors: &mut Errors,
) {
    let Some(yaml) = &said.yaml else { return };
    if !cfg!(feature = "yaml") {
        errors.at(
            yaml.key,
            "the option `yaml` needs the feature `yaml` of `tasker`\n\
             help: add it in `Cargo.toml`: `tasker = { .., features = [\"yaml\"] }`",
        );
    }
    let Some(path) = &yaml.path else { return unknown(drafts) };
    let facts = match read::facts(&path.value()) {
        Ok(facts) => facts,
        Err(mistakes) => {
            for mistake in mistakes {
                errors.at(path.span(), mistake);
            }
            return unknown(drafts);
        }
    };
    workflow.file = Some(File { path: facts.path.clone(), absolute: facts.absolute.clone() });
    supply::workflow(&facts, said, workflow, errors);
    let pairs = names::pairs(&facts, path, drafts, module, errors);
    supply::steps(&facts, &pairs, drafts, index, errors);
}

/// Nobody knows what would be in the file.
fn unknown(drafts: &mut [Draft]) {
    for draft in drafts {
        draft.complete = false;
    }
}
