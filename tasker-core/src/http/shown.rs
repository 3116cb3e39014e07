//! A call as it may be shown, where variables of a task file have a part in it: by their names.
//!
//! The settings are filled a second time, with names in the place of values, so nothing has to be found in what was sent. What comes back
//! is another matter: a server that repeats the path of a request in its answer repeats the token in it. There values are looked
//! for, as they are and as they stand in a URL or in JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::fill::{self, Filling, Show};
use super::{ApiConfig, ApiRequest, query, redact};
use crate::def::{Part, Variables, place_in};

/// The URL of a call without secrets, if a variable has a part in it.
pub(super) fn url(request: &ApiRequest, values: &Map<String, Value>) -> Option<String> {
    let config = &request.config;
    let by = |show| Filling { values, variables: &config.variables, show };
    let parts = |show| Some((fill::url(&config.url, by(show)).ok()?, params(request, by(show))?));
    let names = parts(Show::Names)?;
    if parts(Show::Values)? == names {
        return None;
    }
    let (mut url, params) = names;
    if let Some(path) = &request.path {
        url = below(
            &url,
            &fill::url(path, Filling { variables: &Variables::default(), ..by(Show::Names) }).ok()?,
        );
    }
    if !params.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&params);
    }
    Some(redact::url(&url))
}

/// A URL of settings with its variables by their names, and its placeholders.
pub(super) fn template(config: &ApiConfig) -> String {
    redact::url(&text(&config.url, fill::URL, &config.variables))
}

/// A text of settings with its variables by their names.
pub(super) fn text<'t>(text: &'t str, place: &str, variables: &Variables) -> Cow<'t, str> {
    match variables.parts(place, text) {
        None => text.into(),
        Some(parts) => parts.iter().map(Part::shown).collect(),
    }
}

/// JSON of settings with its variables by their names.
pub(super) fn json(value: &Value, place: &str, variables: &Variables) -> Value {
    match value {
        Value::String(written) => text(written, place, variables).into(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| json(item, &place_in(place, &at.to_string()), variables)).collect()
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                (name.clone(), json(value, &place_in(place, name), variables))
            };
            fields.iter().map(field).collect()
        }
        other => other.clone(),
    }
}

fn params(request: &ApiRequest, filling: Filling<'_>) -> Option<String> {
    let mut query = query::encode(&request.all_params(filling).ok()?);
    if filling.show == Show::Names {
        for (name, _) in filling.variables.all() {
            let shown = fill::shown(name);
            query = query.replace(&query::escape(&shown), &shown);
        }
    }
    Some(query)
}

/// A place below a URL, whose host may be the value of a variable.
fn below(base: &str, path: &str) -> String {
    let base = base.split('#').next().unwrap_or_default();
    let (place, query) = base.split_once('?').map_or((base, None), |(place, query)| (place, Some(query)));
    let mut url = match path.chars().next() {
        None | Some('?') => format!("{place}{path}"),
        Some('/') => {
            let from = place.find("://").map(|at| at + 3).or(place.find('}')).unwrap_or_default();
            let end = place[from..].find('/').map_or(place.len(), |at| from + at);
            format!("{}{path}", &place[..end])
        }
        Some(_) => format!("{}/{path}", place.trim_end_matches('/')),
    };
    if let Some(query) = query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(query);
    }
    url
}

/// Finds the values of variables in what comes back.
pub(super) struct Hidden(Vec<(String, String)>);

impl Hidden {
    /// Shorter values stand in any text, and are no secrets.
    const SHORTEST: usize = 4;

    pub(super) fn new(variables: &Variables) -> Self {
        let mut found = Vec::new();
        for (name, value) in variables.all().filter(|(_, value)| value.chars().count() >= Self::SHORTEST) {
            let json = Value::from(value).to_string();
            for written in [value, &query::escape(value), &in_path(value), &json[1..json.len() - 1]] {
                found.push((written.to_owned(), fill::shown(name)));
            }
        }
        // One may be a part of another.
        found.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        found.dedup_by(|(one, _), (other, _)| one == other);
        Self(found)
    }

    /// A text with names in the place of values.
    pub(super) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut hidden = Cow::Borrowed(text);
        for (value, name) in self.0.iter().filter(|(value, _)| text.contains(value)) {
            hidden = hidden.replace(value, name).into();
        }
        hidden
    }

    pub(super) fn hide_json(&self, value: &Value) -> Value {
        if self.0.is_empty() { value.clone() } else { texts(value, &|text| self.hide(text).into_owned()) }
    }
}

/// A value as it stands in the path of a URL.
fn in_path(value: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://x/") else { return value.to_owned() };
    url.set_path(value);
    url.path().trim_start_matches('/').to_owned()
}

/// JSON with every text changed, names of fields included.
fn texts(value: &Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::Array(items) => items.iter().map(|item| texts(item, change)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (change(name), texts(value, change))).collect()
        }
        other => other.clone(),
    }
}
