//! Which events somebody wants.

use std::collections::BTreeSet;

use tasker_rules::names::own_event;
use tasker_rules::suggest::did_you_mean;

use super::catalog::EventCatalog;
use super::lifecycle::{TaskerEvent, own};
use crate::store::{Kinds, Lifecycle};

/// What is to be read of the outbox, and what of that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topics {
    pub(crate) kinds: Kinds,
    /// The names of the application's events; none for all of them.
    names: Option<BTreeSet<String>>,
}

impl Topics {
    /// Everything.
    pub(crate) const ALL: Self = Self { kinds: Kinds::ALL, names: None };

    /// What names mean: `task.completed`, `task.*`, `*`. Or all that is wrong with them.
    pub(crate) fn of(wanted: &[&str], catalog: &EventCatalog) -> Result<Self, Vec<String>> {
        let (mut kinds, mut names) = (Kinds::default(), BTreeSet::new());
        let mut mistakes = Vec::new();
        if wanted.is_empty() {
            mistakes.push("it wants no event; name some, or `*` for all of them".to_owned());
        }
        for &name in wanted {
            if name == "*" {
                continue;
            }
            let prefix = name.strip_suffix(".*");
            let is_meant = |known: &str| {
                prefix.map_or(known == name, |prefix| {
                    known.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
                })
            };
            let mut found = false;
            for own in own().iter().filter(|own| is_meant(own.name)) {
                kinds.add(own.what);
                found = true;
            }
            for custom in catalog.all().iter().filter(|known| own_event(&known.name).is_none()) {
                if is_meant(&custom.name) {
                    names.insert(custom.name.clone());
                    found = true;
                }
            }
            // Who wants all wants those that only other processes know, too; Tasker's own are known everywhere.
            if !found && (own_event(name).is_some() || !wanted.contains(&"*")) {
                mistakes.push(mistake(name, catalog));
            }
        }
        if !names.is_empty() {
            kinds.add(Lifecycle::Emitted);
        }
        match mistakes.is_empty() {
            false => Err(mistakes),
            true if wanted.contains(&"*") => Ok(Self::ALL),
            true => Ok(Self { kinds, names: Some(names) }),
        }
    }

    /// Whether an event is among the kinds that are read for these.
    pub(crate) fn has(&self, event: &TaskerEvent) -> bool {
        self.kinds.has(event.what.kind())
    }

    /// Whether an event is wanted of those that are read.
    pub(crate) fn wants(&self, event: &TaskerEvent) -> bool {
        let super::What::Custom(custom) = &event.what else { return true };
        self.names.as_ref().is_none_or(|names| names.contains(&custom.name))
    }
}

/// What is wrong with a name that is that of no event.
fn mistake(name: &str, catalog: &EventCatalog) -> String {
    let near = near(name, catalog);
    match (near.is_empty(), own_event(name)) {
        _ if name.strip_suffix(".*").unwrap_or(name).contains('*') => {
            format!("there is no event `{name}`; `*` stands alone, or behind the last dot: `task.*`")
        }
        (false, Some(_)) => format!("there is no event `{name}`{near}"),
        (true, Some(_)) => format!("there is no event `{name}`; `Events::catalog` lists those there are"),
        (false, None) => format!(
            "there is no event `{name}`{near} If another process publishes it, make it known with `TaskerBuilder::event`"
        ),
        (true, None) => format!(
            "there is no event `{name}`; if another process publishes it, make it known with `TaskerBuilder::event`"
        ),
    }
}

/// `; did you mean …?`, or nothing.
pub(crate) fn near(name: &str, catalog: &EventCatalog) -> String {
    let names = catalog.all().iter().map(|known| known.name.as_str());
    if !name.ends_with(".*") {
        return did_you_mean(name, names);
    }
    let families: BTreeSet<String> =
        names.filter_map(|name| name.split_once('.')).map(|(first, _)| format!("{first}.*")).collect();
    did_you_mean(name, families.iter().map(String::as_str))
}
