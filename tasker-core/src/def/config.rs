//! The configuration of a step, and how it is overridden.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tasker_rules::suggest::{did_you_mean, nearest, quoted};

use super::{StepDef, Variables, WorkflowDef};
#[cfg(feature = "yaml")]
use crate::StepMistakes;
use crate::schema::{self, Violation};
use crate::step::Payload;

/// A configuration, and what may be shown of it.
#[derive(Clone)]
pub(super) struct Configuration {
    value: Value,
    /// The same with the names of variables where `value` has what they held, which may be secret.
    written: Option<Value>,
    /// What they held, text by text.
    variables: Variables,
}

impl Configuration {
    pub(super) fn of<T: Serialize>(config: &T) -> Result<Self, String> {
        let value = serde_json::to_value(config).map_err(|error| error.to_string())?;
        Ok(Self { value, written: None, variables: Variables::default() })
    }

    fn empty() -> Self {
        Self { value: Value::Object(Map::new()), written: None, variables: Variables::default() }
    }

    #[cfg(feature = "yaml")]
    pub(super) fn with_variables(value: Value, written: Value, variables: Variables) -> Self {
        Self { value, written: Some(written), variables }
    }

    /// What a file says, with what to show of it where variables have a part in it.
    #[cfg(feature = "yaml")]
    pub(super) fn supplied(value: Value, written: Option<Value>, variables: Variables) -> Self {
        Self { value, written, variables }
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }

    /// As it was written, where variables have a part in it.
    pub(super) fn written(&self) -> Option<&Value> {
        self.written.as_ref()
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    /// Merges a patch; one from a variable is shown as the name of the variable.
    pub(super) fn merge(&mut self, patch: &Value, variable: Option<&str>) {
        if let Some(variable) = variable {
            let written = self.written.get_or_insert_with(|| self.value.clone());
            merge(written, &named(patch, &Value::String(format!("${{{variable}}}"))));
        } else if let Some(written) = &mut self.written {
            merge(written, patch);
        }
        merge(&mut self.value, patch);
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.as_ref().unwrap_or(&self.value).fmt(f)
    }
}

/// The type that a step takes its configuration as.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConfigType {
    schema: fn() -> Value,
    read: fn(&Value) -> Result<Read, Violation>,
    /// Whether it is the settings of an API step, which say better than others what is wrong with a value of theirs.
    #[cfg(all(feature = "http", feature = "yaml"))]
    is_api: bool,
}

/// A value that was read as the type.
struct Read {
    /// As the type writes it again.
    value: Value,
    /// What of it the type does not have, as JSON Pointers.
    unread: Vec<String>,
}

impl ConfigType {
    pub(super) fn of<T: Payload>() -> Self {
        Self {
            schema: || schemars::schema_for!(T).into(),
            read: read::<T>,
            #[cfg(all(feature = "http", feature = "yaml"))]
            is_api: std::any::TypeId::of::<T>() == std::any::TypeId::of::<crate::http::ApiConfig>(),
        }
    }

    /// Every mistake in a value, with its place, where the type tells them all. `written` is what may be shown of the value.
    #[cfg(feature = "yaml")]
    pub(super) fn mistakes(self, value: &Value, written: Option<&Value>) -> Result<(), StepMistakes> {
        #[cfg(feature = "http")]
        if self.is_api {
            return crate::http::ApiConfig::read(value, written).map(drop);
        }
        let _ = (self, value, written);
        Ok(())
    }

    pub(super) fn schema(self) -> Value {
        (self.schema)()
    }

    /// A value as the type writes it, to which a patch made it.
    pub(super) fn fit(self, value: &Value, patch: &Value) -> Result<Value, Misfit> {
        let Read { value, unread } = (self.read)(value).map_err(Misfit::Type)?;
        // What the type itself writes and does not read is nobody's slip.
        match unread.into_iter().find(|place| patch.pointer(place).is_some()) {
            Some(place) => {
                let meant = meant(&self.schema(), &place);
                Err(Misfit::Unread { place, meant })
            }
            None => Ok(value),
        }
    }
}

/// Why a type does not take a value.
pub(crate) enum Misfit {
    /// It is no value of the type.
    Type(Violation),
    /// The type does not have this part of the patch, a JSON Pointer; perhaps it has one that is called nearly so.
    Unread { place: String, meant: Option<String> },
    /// What is wrong, from the type itself.
    #[cfg(feature = "yaml")]
    Told(StepMistakes),
}

/// The field that was meant by one that there is not, by the schema of the type.
fn meant(schema: &Value, place: &str) -> Option<String> {
    let (parents, key) = place.rsplit_once('/')?;
    let mut at = behind(schema, schema)?;
    for segment in parents.split('/').skip(1) {
        let field = at.get("properties").and_then(|properties| properties.get(segment));
        at = behind(schema, field.or_else(|| at.get("items"))?)?;
    }
    let fields = at.get("properties")?.as_object()?;
    nearest(key, fields.keys().map(String::as_str)).map(str::to_owned)
}

/// What a schema says by a reference, or as the one that is not null.
fn behind<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    let several = schema.get("anyOf").and_then(Value::as_array);
    let one = several.and_then(|several| several.iter().find(|one| one.get("$ref").is_some()));
    match one.unwrap_or(schema).get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(schema),
    }
}

fn read<T: Payload>(value: &Value) -> Result<Read, Violation> {
    let mut unread = Vec::new();
    let read: T = schema::read_and_tell(value, |place| unread.push(place))?;
    match serde_json::to_value(&read) {
        Ok(value) => Ok(Read { value, unread }),
        Err(error) => Err(Violation { path: String::new(), message: error.to_string() }),
    }
}

/// A patch that is shown: a name in the place of each value that is no object. What is removed is no secret.
fn named(patch: &Value, name: &Value) -> Value {
    match patch {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), named(value, name))).collect()
        }
        Value::Null => Value::Null,
        _ => name.clone(),
    }
}

impl WorkflowDef {
    /// Merges a patch (RFC 7396) into the configuration of a step. The message says what is wrong with it.
    #[cfg(test)]
    pub(crate) fn configure(&mut self, step: &str, patch: &Value) -> Result<(), String> {
        self.configure_by(step, patch, None)
    }

    /// Merges a patch (RFC 7396) into the configuration of a step. The message says what is wrong with it. What came from an environment
    /// variable, which may be secret, is neither shown nor told.
    pub(crate) fn configure_by(
        &mut self,
        step: &str,
        patch: &Value,
        variable: Option<&str>,
    ) -> Result<(), String> {
        let names: Vec<&str> = self.steps.iter().map(StepDef::name).collect();
        let Some(at) = names.iter().position(|name| *name == step) else {
            let meant = did_you_mean(step, names.iter().copied());
            let and = if meant.is_empty() { ";" } else { "" };
            return Err(format!("there is no step `{step}`{meant}{and} the steps are {}", quoted(names)));
        };
        let step = &mut self.steps[at];
        if step.handler_class.is_some() {
            // Its handler reads it as it likes.
            let config = step.config.get_or_insert_with(Configuration::empty);
            config.merge(patch, variable);
            return Ok(());
        }
        let (Some(config), Some(config_type)) = (&step.config, step.config_type) else {
            return Err(format!(
                "the step `{}` takes no configuration; give it one with `config = ...` and `Config<T>`",
                step.name
            ));
        };
        let mut merged = config.value.clone();
        merge(&mut merged, patch);
        let name = &step.name;
        let value = config_type.fit(&merged, patch).map_err(|misfit| match misfit {
            Misfit::Type(violation) => {
                let violation = if variable.is_some() { violation.without_value() } else { violation };
                format!("the configuration of the step `{name}` does not fit: {violation}")
            }
            Misfit::Unread { place, meant } => {
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                format!("nothing reads `{place}` in the configuration of the step `{name}`{meant}")
            }
            #[cfg(feature = "yaml")]
            Misfit::Told(mistakes) => {
                format!("the configuration of the step `{name}` does not fit: {mistakes}")
            }
        })?;
        let mut configured = config.clone();
        configured.merge(patch, variable);
        step.config = Some(Configuration { value, ..configured });
        Ok(())
    }
}

/// JSON Merge Patch, RFC 7396: objects are merged, null removes, anything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::StepSpec;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Pricing {
        fee_cents: u64,
        #[serde(default)]
        discounts: Discounts,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tiers: Vec<Tier>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Tier {
        #[serde(default, alias = "at")]
        from: u64,
    }

    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Discounts {
        gold: u8,
        silver: u8,
    }

    fn order() -> WorkflowDef {
        let pricing =
            Pricing { fee_cents: 30, discounts: Discounts { gold: 10, silver: 5 }, tiers: Vec::new() };
        WorkflowDef::builder("shop", "order", "1.0.0")
            .step(StepSpec::new("charge").config(&pricing).config_type::<Pricing>())
            .step(StepSpec::new("ship"))
            .build()
            .unwrap()
    }

    fn configured(step: &str, patch: &Value) -> Result<Value, String> {
        let mut order = order();
        order.configure(step, patch)?;
        Ok(order.steps()[0].config().cloned().unwrap_or_default())
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        assert_eq!(
            configured("charge", &json!({"discounts": {"gold": 20}})),
            Ok(json!({"fee_cents": 30, "discounts": {"gold": 20, "silver": 5}}))
        );
        assert_eq!(
            configured("charge", &json!({"discounts": null})),
            Ok(json!({"fee_cents": 30, "discounts": {"gold": 0, "silver": 0}}))
        );
    }

    #[test]
    fn what_is_read_may_be_written_in_another_way_or_not_at_all() {
        let tiers = json!({"tiers": [{"at": 100}]});
        assert_eq!(configured("charge", &tiers).unwrap()["tiers"], json!([{"from": 100}]));
        assert!(configured("charge", &json!({"tiers": []})).unwrap().get("tiers").is_none());
    }

    #[test]
    fn a_handler_by_name_takes_whatever_the_patch_says() {
        let mut order = WorkflowDef::builder("shop", "order", "1.0.0")
            .step(
                StepSpec::new("charge")
                    .handler_class("Charge")
                    .config(&json!({"url": "a", "params": {"x": 1}})),
            )
            .step(StepSpec::new("ship").handler_class("Ship"))
            .build()
            .unwrap();
        order.configure("charge", &json!({"url": "b", "params": {"y": 2}})).unwrap();
        order.configure("ship", &json!({"fast": true})).unwrap();
        assert_eq!(order.steps()[0].config(), Some(&json!({"url": "b", "params": {"x": 1, "y": 2}})));
        assert_eq!(order.steps()[1].config(), Some(&json!({"fast": true})));
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn what_variables_held_is_not_shown() {
        let spec = StepSpec::new("charge").handler_class("Charge");
        let spec = spec.config_with_variables(
            json!({"key": "hunter2"}),
            json!({"key": "${KEY}"}),
            Variables::default(),
        );
        let shown = format!("{spec:?}");
        let mut order = WorkflowDef::builder("shop", "order", "1.0.0").step(spec).build().unwrap();
        order.configure("charge", &json!({"url": "x"})).unwrap();
        let step = &order.steps()[0];
        assert_eq!(step.config(), Some(&json!({"key": "hunter2", "url": "x"})));
        assert_eq!(step.shown_config(), Some(&json!({"key": "${KEY}", "url": "x"})));
        for shown in [shown, format!("{order:?}")] {
            assert!(shown.contains("${KEY}") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn what_came_from_the_environment_is_not_shown() {
        let mut order = order();
        let patch = json!({"fee_cents": 4_711, "discounts": {"gold": 42}, "tiers": [{"from": 4_712}]});
        order.configure_by("charge", &patch, Some("PRICES")).unwrap();
        order.configure("charge", &json!({"discounts": {"silver": 7}})).unwrap();
        let charge = &order.steps()[0];
        assert_eq!(
            charge.config(),
            Some(
                &json!({"fee_cents": 4_711, "discounts": {"gold": 42, "silver": 7}, "tiers": [{"from": 4_712}]})
            )
        );
        let shown = json!({
            "fee_cents": "${PRICES}", "discounts": {"gold": "${PRICES}", "silver": 7}, "tiers": "${PRICES}"
        });
        assert_eq!(charge.config_as_written(), Some(&shown));
        let debugged = format!("{order:?}");
        assert!(debugged.contains("${PRICES}") && !debugged.contains("471"), "{debugged}");
        let mistake = order.configure_by("charge", &json!({"fee_cents": "hunter2"}), Some("PRICES"));
        assert_eq!(
            mistake.unwrap_err(),
            "the configuration of the step `charge` does not fit: /fee_cents: no value of the type that is asked for"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (step, patch, message) in [
            (
                "chagre",
                json!({}),
                "there is no step `chagre`; did you mean `charge`? the steps are `charge`, `ship`",
            ),
            ("pack", json!({}), "there is no step `pack`; the steps are `charge`, `ship`"),
            (
                "ship",
                json!({}),
                "the step `ship` takes no configuration; give it one with `config = ...` and `Config<T>`",
            ),
            (
                "charge",
                json!({"discounts": {"gold": 300}}),
                "the configuration of the step `charge` does not fit: /discounts/gold: invalid value: integer `300`, expected u8",
            ),
            (
                "charge",
                json!({"fee_cents": null}),
                "the configuration of the step `charge` does not fit: /: missing field `fee_cents`",
            ),
            (
                "charge",
                json!({"discounts": {"gould": 1}}),
                "nothing reads `/discounts/gould` in the configuration of the step `charge`; did you mean `gold`?",
            ),
            (
                "charge",
                json!({"tiers": [{"from": 1}, {"form/at": 100}]}),
                "nothing reads `/tiers/1/form~1at` in the configuration of the step `charge`",
            ),
            (
                "charge",
                json!(5),
                "the configuration of the step `charge` does not fit: /: invalid type: integer `5`, expected struct Pricing",
            ),
        ] {
            assert_eq!(configured(step, &patch), Err(message.to_owned()), "{patch}");
        }
    }
}
