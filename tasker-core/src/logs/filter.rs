//! What is logged: levels for modules, as `RUST_LOG` says them.
//!
//! The spans of Tasker are there whatever the levels are, unless nothing is logged: otherwise a warning that stands in one would not say of what step it
//! is.

use tasker_rules::suggest::did_you_mean;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{self, Context};

use super::LogsError;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What levels are called elsewhere.
const ELSEWHERE: [(&str, &str); 10] = [
    ("all", "trace"),
    ("critical", "error"),
    ("fatal", "error"),
    ("none", "off"),
    ("notice", "info"),
    ("quiet", "off"),
    ("severe", "error"),
    ("silent", "off"),
    ("verbose", "debug"),
    ("warning", "warn"),
];

pub(super) struct Filter {
    levels: EnvFilter,
    is_off: bool,
}

impl Filter {
    /// Reads it; blank is `info`.
    pub(super) fn read(from: &'static str, given: &str) -> Result<Self, LogsError> {
        let given = given.trim();
        let directives: Vec<&str> =
            if given.is_empty() { vec!["info"] } else { given.split(',').map(str::trim).collect() };
        let wrong = |why| LogsError::Filter { from, filter: given.to_owned(), why };
        if let Some(why) = directives.iter().copied().find_map(mistake) {
            return Err(wrong(why));
        }
        let levels =
            EnvFilter::builder().parse(directives.join(",")).map_err(|error| wrong(error.to_string()))?;
        let is_off = levels.max_level_hint() == Some(LevelFilter::OFF);
        Ok(Self { levels, is_off })
    }

    fn is_needed(&self, span: &Metadata<'_>) -> bool {
        span.is_span() && span.target() == "tasker" && !self.is_off
    }
}

/// What is wrong with a directive, as far as it is a level or `module=level`: what is no level would be taken for a module, all of which is
/// logged, and nothing else.
fn mistake(directive: &str) -> Option<String> {
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    let meant = |word: &str| {
        let word = word.to_ascii_lowercase();
        match ELSEWHERE.iter().find(|(other, _)| *other == word) {
            Some((_, level)) => format!("; did you mean `{level}`?"),
            None => did_you_mean(&word, LEVELS),
        }
    };
    match directive.split_once('=') {
        _ if directive.is_empty() || directive.contains(['[', '{', '}', ']']) || is_level(directive) => None,
        Some((_, level)) => {
            let level = level.trim();
            let fits = is_level(level) || matches!(level, "0" | "1" | "2" | "3" | "4" | "5");
            (!fits).then(|| match level {
                "" => format!("there is no level behind `{directive}`"),
                _ => format!("`{level}` is no level{}", meant(level)),
            })
        }
        None => match meant(directive) {
            none if none.is_empty() => None,
            meant => Some(format!(
                "`{directive}` is no level{meant} If it is a module of that name, write `{directive}=trace`"
            )),
        },
    }
}

impl<S: Subscriber> layer::Filter<S> for Filter
where
    EnvFilter: layer::Filter<S>,
{
    fn enabled(&self, meta: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.is_needed(meta) || layer::Filter::<S>::enabled(&self.levels, meta, context)
    }

    fn callsite_enabled(&self, meta: &'static Metadata<'static>) -> Interest {
        let interest = layer::Filter::<S>::callsite_enabled(&self.levels, meta);
        if self.is_needed(meta) { Interest::always() } else { interest }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = self.levels.max_level_hint()?;
        Some(if self.is_off { hint } else { hint.max(LevelFilter::INFO) })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        layer::Filter::<S>::on_new_span(&self.levels, attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        layer::Filter::<S>::on_record(&self.levels, id, values, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        layer::Filter::<S>::on_enter(&self.levels, id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        layer::Filter::<S>::on_exit(&self.levels, id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        layer::Filter::<S>::on_close(&self.levels, id, context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(given: &str) -> String {
        Filter::read("`Logs::filter`", given).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn levels_and_modules_are_a_filter() {
        for right in [
            "",
            " ",
            "info",
            "WARN",
            "info,tasker=debug",
            "shop, shop::pay=0",
            "off",
            "[order{id=7}]=debug",
            "a=Trace,",
        ] {
            assert_eq!(told(right), "", "{right}");
        }
    }

    #[test]
    fn what_is_no_level_is_told_with_the_one_that_was_meant() {
        assert_eq!(
            told("info,shop=loud"),
            "`Logs::filter` says `info,shop=loud`, which is no filter of logs: `loud` is no level. Write a level (`off`, `error`, `warn`, `info`, `debug`, `trace`) \
             for all, and `module=level` for those that differ, with commas between them: `info,tasker=debug,sqlx=warn`"
        );
        for (wrong, why) in [
            (
                "wran",
                "`wran` is no level; did you mean `warn`? If it is a module of that name, write `wran=trace`",
            ),
            ("info,shop=debg", "`debg` is no level; did you mean `debug`?"),
            ("shop=", "there is no level behind `shop=`"),
            ("verbose", "`verbose` is no level; did you mean `debug`?"),
            ("shop=Warning", "`Warning` is no level; did you mean `warn`?"),
            ("[order", "invalid"),
        ] {
            assert!(told(wrong).contains(why), "{wrong}: {}", told(wrong));
        }
    }
}
