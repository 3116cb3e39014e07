//! The type of a context, from its JSON Schema: as much of it as types can say, and the rest in attributes.

use std::fmt::Write;

use serde_json::{Map, Value};
use tasker_rules::names::snake_case;

use super::names::raw;
use super::value::literal;
use super::{Taken, docs};
use crate::yaml::from_workflow::camel_case;

/// What a task is started with.
pub(super) struct Context {
    /// The name of its type.
    pub(super) name: String,
    /// The type, and those that it is made of; nothing where any JSON is allowed.
    pub(super) items: String,
}

impl Context {
    pub(super) fn of(schema: Option<&Value>) -> Self {
        let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        match (schema, properties) {
            (Some(schema), Some(properties)) if !properties.is_empty() => {
                let mut types = Types { items: String::new(), taken: Taken::reserve(RESERVED) };
                let about = about(schema).unwrap_or("What a task is started with.");
                types.object("Context", about, schema, properties);
                Self { name: "Context".to_owned(), items: types.items }
            }
            _ => Self { name: "Value".to_owned(), items: String::new() },
        }
    }
}

/// Names that the module uses or gets.
const RESERVED: [&str; 18] = [
    "Context",
    "Workflow",
    "Value",
    "Config",
    "Output",
    "StepError",
    "JsonSchema",
    "Serialize",
    "Deserialize",
    "Option",
    "Some",
    "None",
    "Vec",
    "String",
    "Result",
    "Ok",
    "Err",
    "Self",
];

struct Types {
    items: String,
    taken: Taken,
}

/// A type, and how a value of it is written.
struct Type {
    name: String,
    /// What attributes of the field say, because the type does not.
    rules: bool,
    /// The values of an enum, and its variants.
    variants: Vec<(String, String)>,
}

impl Type {
    fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), rules: true, variants: Vec::new() }
    }

    fn named(name: String) -> Self {
        Self { name, rules: false, variants: Vec::new() }
    }
}

fn about(schema: &Value) -> Option<&str> {
    schema.get("description").or_else(|| schema.get("title")).and_then(Value::as_str)
}

impl Types {
    fn object(&mut self, name: &str, about: &str, schema: &Value, properties: &Map<String, Value>) {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |field: &str| required.is_some_and(|names| names.iter().any(|name| name == field));
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        let fields = Taken::reserve(["self", "super", "crate"]).snake_case(&names);
        let (mut text, mut functions) = (String::new(), String::new());
        docs(&mut text, 4, &[about]);
        let _ = writeln!(text, "    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]");
        let _ = writeln!(text, "    pub struct {name} {{");
        for ((property, schema), field) in properties.iter().zip(fields) {
            let kind = self.of(schema, property);
            docs(&mut text, 8, &[schema.get("description").and_then(Value::as_str).unwrap_or_default()]);
            let rules = if kind.rules { rules(schema) } else { String::new() };
            if !rules.is_empty() {
                let _ = writeln!(text, "        #[schemars(extend({rules}))]");
            }
            let mut serde = Vec::new();
            if field != *property {
                serde.push(format!("rename = {property:?}"));
            }
            let default = schema.get("default").and_then(|default| written(default, &kind));
            let mut name_of_type = kind.name;
            if is_required(property) {
                // As it is.
            } else if let Some(default) = default {
                let function = self.taken.unique(format!("default_{field}"), "_");
                let _ = write!(
                    functions,
                    "\n    fn {function}() -> {name_of_type} {{\n        {default}\n    }}\n"
                );
                serde.push(format!("default = {function:?}"));
            } else {
                if !name_of_type.starts_with("Option<") {
                    name_of_type = format!("Option<{name_of_type}>");
                }
                serde.push("default, skip_serializing_if = \"Option::is_none\"".to_owned());
            }
            if !serde.is_empty() {
                let _ = writeln!(text, "        #[serde({})]", serde.join(", "));
            }
            let _ = writeln!(text, "        pub {}: {name_of_type},", raw(field));
        }
        text.push_str("    }\n");
        // Before the types that it is made of, as one reads.
        self.items = format!("\n{text}{functions}{}", self.items);
    }

    /// The type of a value that stands under a name.
    fn of(&mut self, schema: &Value, name: &str) -> Type {
        if let Some(values) = schema.get("enum").and_then(Value::as_array)
            && !values.is_empty()
            && values.iter().all(Value::is_string)
        {
            return self.choice(values.iter().filter_map(Value::as_str), about(schema), name);
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        match (schema.get("type"), properties) {
            (Some(Value::Array(types)), _) => self.or_null(types, schema, name),
            (Some(Value::String(is)), properties) => match (is.as_str(), properties) {
                ("string", _) => Type::plain("String"),
                ("boolean", _) => Type::plain("bool"),
                ("number", _) => Type::plain("f64"),
                ("integer", _)
                    if schema.get("minimum").and_then(Value::as_f64).is_some_and(|least| least >= 0.0) =>
                {
                    Type::plain("u64")
                }
                ("integer", _) => Type::plain("i64"),
                ("array", _) => match schema.get("items") {
                    Some(items) => Type::plain(format!("Vec<{}>", self.of(items, &singular(name)).name)),
                    None => Type::plain("Vec<Value>"),
                },
                ("object", Some(properties)) if !properties.is_empty() => {
                    self.nested(schema, properties, name)
                }
                ("object", _) => Type::plain("serde_json::Map<String, Value>"),
                _ => Type::plain("Value"),
            },
            (None, Some(properties)) if !properties.is_empty() => self.nested(schema, properties, name),
            _ => Type::plain("Value"),
        }
    }

    fn nested(&mut self, schema: &Value, properties: &Map<String, Value>, name: &str) -> Type {
        let name = self.type_name(name);
        self.object(&name, about(schema).unwrap_or_default(), schema, properties);
        Type::named(name)
    }

    /// What the type of a property is called.
    fn type_name(&mut self, property: &str) -> String {
        self.taken.unique(camel_case(&snake_case(property)), "")
    }

    /// `type: [string, "null"]`, which is an `Option`; other choices are any JSON.
    fn or_null(&mut self, types: &[Value], schema: &Value, name: &str) -> Type {
        let others: Vec<&Value> = types.iter().filter(|is| *is != "null").collect();
        let [one] = others.as_slice() else { return Type::plain("Value") };
        let mut schema = schema.clone();
        schema["type"] = (*one).clone();
        let kind = self.of(&schema, name);
        if others.len() == types.len() {
            kind
        } else {
            Type { name: format!("Option<{}>", kind.name), ..kind }
        }
    }

    fn choice<'a>(&mut self, values: impl Iterator<Item = &'a str>, about: Option<&str>, name: &str) -> Type {
        let name = self.type_name(name);
        let mut text = String::from("\n");
        docs(&mut text, 4, &[about.unwrap_or_default()]);
        text.push_str("    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]\n");
        let _ = writeln!(text, "    pub enum {name} {{");
        let (mut taken, mut variants, mut seen) = (Taken::reserve(["Self"]), Vec::new(), Vec::new());
        for value in values {
            if seen.contains(&value) {
                continue;
            }
            seen.push(value);
            let variant = taken.unique(camel_case(&snake_case(value)), "");
            let _ = writeln!(text, "        #[serde(rename = {value:?})]\n        {variant},");
            variants.push((value.to_owned(), format!("{name}::{variant}")));
        }
        text.push_str("    }\n");
        self.items.insert_str(0, &text);
        Type { name, rules: false, variants }
    }
}

/// What a schema says that no type does.
fn rules(schema: &Value) -> String {
    const KEYWORDS: [&str; 12] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
        "uniqueItems",
    ];
    let said = KEYWORDS.into_iter().filter_map(|keyword| Some((keyword, schema.get(keyword)?)));
    let rules: Vec<String> =
        said.map(|(keyword, value)| format!("{keyword:?} = {}", literal(value))).collect();
    rules.join(", ")
}

/// A value as an expression of its type; none if it is none of it, or takes more than a literal.
fn written(value: &Value, kind: &Type) -> Option<String> {
    if let Some(text) = value.as_str() {
        if kind.name == "String" {
            return Some(format!("{text:?}.to_owned()"));
        }
        let variant = kind.variants.iter().find(|(value, _)| value == text);
        return variant.filter(|_| !kind.name.starts_with("Option<")).map(|(_, variant)| variant.clone());
    }
    match (kind.name.as_str(), value) {
        ("bool", Value::Bool(flag)) => Some(flag.to_string()),
        ("i64", Value::Number(number)) => number.as_i64().map(|number| number.to_string()),
        ("u64", Value::Number(number)) => number.as_u64().map(|number| number.to_string()),
        ("f64", Value::Number(number)) => number.as_f64().map(|number| format!("{number:?}")),
        (list, Value::Array(items)) => {
            let inner = Type::plain(list.strip_prefix("Vec<")?.strip_suffix('>')?);
            let items: Option<Vec<String>> = items.iter().map(|item| written(item, &inner)).collect();
            Some(format!("vec![{}]", items?.join(", ")))
        }
        _ => None,
    }
}

/// `items` as `item`: what each of several is called.
fn singular(name: &str) -> String {
    match name.strip_suffix('s').filter(|rest| rest.len() > 1 && !rest.ends_with('s')) {
        Some(one) => one.to_owned(),
        None => format!("{name}_item"),
    }
}
