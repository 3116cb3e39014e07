//! The text of a module.

use std::fmt::Write;

use crate::module::{Listing, Module, Step, When};

impl Module {
    /// The module alone.
    fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.before {
            let _ = writeln!(text, "{line}");
        }
        let mut args = self.args.clone();
        args.extend(self.shape().filter(|_| self.pinned).map(|shape| format!("shape = {shape}")));
        let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
        let _ = writeln!(text, "#[::tasker::workflow{args}]");
        let _ = writeln!(text, "{}mod {} {{", spaced(self.vis), self.name);
        text.push_str("    #[allow(unused_imports)]\n");
        text.push_str(
            "    use ::tasker::{Annotate, Attempt, Cancelled, Config, Emit, Output, Output as Read, State, StepError, TaskId};\n",
        );
        text.push_str("    #[allow(unused_imports)]\n");
        text.push_str(
            "    use ::stage::{Currency, Failure, Gateway, Happened, Limits, Log, Noted, Number};\n\n",
        );
        let _ = writeln!(text, "{}", self.context.item);
        for (at, step) in self.steps.iter().enumerate() {
            for (_, item) in self.others.iter().filter(|(before, _)| *before == at) {
                let _ = writeln!(text, "{item}\n");
            }
            self.step(step, &mut text);
        }
        for (_, item) in self.others.iter().filter(|(before, _)| *before >= self.steps.len()) {
            let _ = writeln!(text, "\n{item}");
        }
        text.push_str("}\n");
        text
    }

    fn step(&self, step: &Step, text: &mut String) {
        for line in &step.before {
            let _ = writeln!(text, "    {line}");
        }
        let _ = writeln!(text, "    #[{}{}]", step.attribute, step.arguments());
        for line in &step.after {
            let _ = writeln!(text, "    {line}");
        }
        let _ = writeln!(text, "    {} {{", step.signature());
        self.body(step, text);
        text.push_str("    }\n\n");
    }

    fn body(&self, step: &Step, text: &mut String) {
        let name = &step.stored;
        let _ = writeln!(text, "        log.began({name:?});");
        if step.awaits {
            text.push_str("        ::std::future::ready(()).await;\n");
        }
        for read in &step.reads {
            let of = &self.steps[read.of];
            let (value, of, stored) = (&read.value, &of.stored, of.value.stored);
            let _ = if stored {
                writeln!(text, "        log.read({name:?}, {of:?}, {value});")
            } else {
                writeln!(text, "        let _ = {value};")
            };
        }
        for line in &step.lines {
            let _ = writeln!(text, "        {line}");
        }
        let _ = writeln!(text, "        let written: {} = {};", step.value.ty, step.value.make);
        if step.value.stored {
            let _ = writeln!(text, "        log.wrote({name:?}, &written);");
        }
        let _ = writeln!(text, "        {}", step.tail);
    }

    /// A file of the package of valid modules. `run` tells what is wrong when it runs.
    pub(crate) fn file(&self) -> String {
        let Self { name, context, .. } = self;
        let steps = self.steps.iter().map(|step| {
            let edges: Vec<&str> =
                step.depends_on.iter().map(|edge| self.steps[edge.to].stored.as_str()).collect();
            let skipped = step.when == When::Skips;
            format!(
                "        ::stage::Step {{ name: {:?}, depends_on: &{edges:?}, skipped: {skipped} }},\n",
                step.stored
            )
        });
        let steps: String = steps.collect();
        format!(
            "{}\npub(crate) async fn run() -> Vec<String> {{\n    \
             ::stage::run::<{name}::Workflow>({:?}, &[\n{steps}    ]).await\n}}\n",
            self.text(),
            context.json,
        )
    }

    /// A program of its own, that registers the workflow.
    pub(crate) fn program(&self) -> String {
        let Self { app, registered, .. } = self;
        let main = format!("::tasker::Tasker::builder(::stage::{app}::default()).register::<{registered}>()");
        format!("{}\nfn main() {{\n    drop({main});\n}}\n", self.text())
    }
}

impl Step {
    fn arguments(&self) -> String {
        let mut options = self.options.clone();
        let edges: Vec<&str> = self.depends_on.iter().map(|edge| edge.text.as_str()).collect();
        let depends_on = match (self.listing, edges.as_slice()) {
            (Listing::One | Listing::List, []) => None,
            (Listing::One, [one]) => Some(format!("depends_on = {one}")),
            (Listing::Trailing, [_, ..]) => Some(format!("depends_on = [{},]", edges.join(", "))),
            (_, edges) => Some(format!("depends_on = [{}]", edges.join(", "))),
        };
        if let Some(depends_on) = depends_on {
            options.insert(self.place.min(options.len()), depends_on);
        }
        let comma = if self.listing == Listing::Trailing && !options.is_empty() { "," } else { "" };
        if options.is_empty() { String::new() } else { format!("({}{comma})", options.join(", ")) }
    }

    fn signature(&self) -> String {
        let params = if self.tall {
            self.params.iter().fold("\n".to_owned(), |all, param| all + "        " + param + ",\n") + "    "
        } else {
            self.params.join(", ")
        };
        let returns =
            if self.returns.is_empty() { String::new() } else { format!(" -> {}", self.returned()) };
        let Self { vis, keywords, ident, generics, clause, .. } = self;
        let signature = format!("{}{keywords} {ident}{generics}({params}){returns}", spaced(vis));
        let signature = if self.marked { crate::place::mark(&signature) } else { signature };
        format!("{signature}{clause}")
    }
}

/// A visibility, with what parts it from the next word.
fn spaced(vis: &str) -> String {
    if vis.is_empty() { String::new() } else { format!("{vis} ") }
}
