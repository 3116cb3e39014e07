//! Which workflow may have been meant where one is named that there is none of.
//!
//! A slip of the pen is one thing, a namespace that was left out another: who asks for `refund` and means that of `payments` gets no
//! answer from a distance of letters.

use std::collections::BTreeSet;

use tasker_rules::suggest::nearest;

use crate::WorkflowId;

/// More than that nobody compares.
const MOST: usize = 3;

/// The namespaces and names of the workflows that there are.
#[derive(Debug, Default)]
pub(super) struct Known<'a>(BTreeSet<(&'a str, &'a str)>);

impl<'a> FromIterator<&'a WorkflowId> for Known<'a> {
    fn from_iter<I: IntoIterator<Item = &'a WorkflowId>>(ids: I) -> Self {
        Self(ids.into_iter().map(|id| (id.namespace.as_str(), id.name.as_str())).collect())
    }
}

impl<'a> Known<'a> {
    /// `; did you mean …?`, or nothing: also where there is such a workflow.
    pub(super) fn did_you_mean(&self, namespace: &str, name: &str) -> String {
        let meant = self.meant(namespace, name).into_iter().map(|(of, name)| {
            if of == namespace {
                format!("`{of}.{name}`")
            } else {
                format!("`{name}` of the namespace `{of}`")
            }
        });
        asked(&meant.collect::<Vec<_>>())
    }

    /// The same for a text that names namespace and name at once, such as `shop.order@1.0.0`; the version is left aside.
    pub(super) fn did_you_mean_by_text(&self, text: &str) -> String {
        let text = text.rsplit_once('@').map_or(text, |(text, _)| text);
        let full: Vec<String> = self.0.iter().map(|(of, name)| format!("{of}.{name}")).collect();
        if full.iter().any(|full| full == text) {
            return String::new();
        }
        let alone = self.0.iter().zip(&full).filter(|((_, name), _)| *name == text);
        let alone: Vec<_> = alone.map(|(_, full)| format!("`{full}`")).take(MOST).collect();
        if !alone.is_empty() {
            return asked(&alone);
        }
        let near = nearest(text, full.iter().map(String::as_str));
        asked(&near.map(|near| format!("`{near}`")).into_iter().collect::<Vec<_>>())
    }

    /// The namespaces that have a workflow of this name.
    pub(super) fn namespaces_of(&self, name: &str) -> Vec<&'a str> {
        self.0.iter().filter(|known| known.1 == name).map(|(of, _)| *of).collect()
    }

    fn meant(&self, namespace: &str, name: &str) -> Vec<(&'a str, &'a str)> {
        if self.0.contains(&(namespace, name)) {
            return Vec::new();
        }
        // The namespace stands in the name.
        let whole = self.0.iter().find(|(of, known)| {
            let rest = name.strip_prefix(of).and_then(|rest| rest.strip_prefix(['.', '/', ':']));
            rest.is_some_and(|rest| rest.trim_start_matches(':') == *known)
        });
        if let Some(whole) = whole {
            return vec![*whole];
        }
        let namespaces = || self.0.iter().map(|(of, _)| *of);
        let here = namespaces().find(|of| *of == namespace).or_else(|| nearest(namespace, namespaces()));
        let names = self.0.iter().filter(|known| Some(known.0) == here).map(|(_, name)| *name);
        let mut meant: Vec<_> = here.zip(nearest(name, names)).into_iter().collect();
        meant.extend(self.0.iter().filter(|known| known.1 == name && Some(known.0) != here));
        if meant.is_empty() {
            let near = nearest(name, self.0.iter().map(|(_, name)| *name));
            meant.extend(self.0.iter().filter(|known| Some(known.1) == near));
        }
        meant.truncate(MOST);
        meant
    }
}

fn asked(meant: &[String]) -> String {
    if meant.is_empty() { String::new() } else { format!("; did you mean {}?", meant.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<WorkflowId> {
        let all = [("payments", "refund"), ("shop", "order"), ("shop", "parcel"), ("mall", "order")];
        let id = |(namespace, name): (&str, &str)| WorkflowId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
        };
        all.map(id).to_vec()
    }

    #[test]
    fn a_slip_and_a_namespace_that_was_left_out_are_told_apart() {
        let ids = ids();
        let known: Known<'_> = ids.iter().collect();
        let told = |namespace, name| known.did_you_mean(namespace, name);
        assert_eq!(told("shop", "order"), "");
        assert_eq!(told("shop", "ordr"), "; did you mean `shop.order`?");
        assert_eq!(told("default", "refund"), "; did you mean `refund` of the namespace `payments`?");
        assert_eq!(told("default", "refnud"), "; did you mean `refund` of the namespace `payments`?");
        assert_eq!(told("payment", "refund"), "; did you mean `refund` of the namespace `payments`?");
        assert_eq!(
            told("default", "order"),
            "; did you mean `order` of the namespace `mall` or `order` of the namespace `shop`?"
        );
        for whole in ["payments.refund", "payments/refund", "payments::refund"] {
            let told = told("default", whole);
            assert_eq!(told, "; did you mean `refund` of the namespace `payments`?", "{whole}");
        }
        assert_eq!(told("shop", "invoice"), "");
        assert_eq!(Known::default().did_you_mean("shop", "order"), "");
        assert_eq!(known.namespaces_of("order"), ["mall", "shop"]);
    }

    #[test]
    fn a_text_with_namespace_name_and_version_is_understood() {
        let ids = ids();
        let known: Known<'_> = ids.iter().collect();
        assert_eq!(known.did_you_mean_by_text("shop.ordr@1.0.0"), "; did you mean `shop.order`?");
        assert_eq!(known.did_you_mean_by_text("refund"), "; did you mean `payments.refund`?");
        assert_eq!(known.did_you_mean_by_text("shop.order@2.0.0"), "");
        assert_eq!(known.did_you_mean_by_text("billing.invoice"), "");
    }
}
