//! Settings that somebody wrote, in YAML or JSON, as what they mean. Every mistake is found at once and told with its key, in words for whoever
//! writes such files. A key without a value counts as none. What a variable holds is not quoted, and neither is what an override from the
//! environment holds.

use std::time::Duration;

use serde_json::{Map, Value};
use tasker_rules::suggest::{nearest, quoted};

use super::{ApiConfig, Ssl};
use crate::def::{Variables, place_in};
use crate::http::{Backoff, Method};
use crate::{StepMistake, StepMistakes};

pub(super) const KEYS: [&str; 13] = [
    "type",
    "url",
    "method",
    "params",
    "headers",
    "body",
    "timeout",
    "ssl",
    "enable_exponential_backoff",
    "retry_delay",
    "jitter_factor",
    "retries",
    "max_response_bytes",
];

const SSL_KEYS: [&str; 2] = ["verify", "ca_file"];

/// Keys of other tools, and what says the same here.
const SYNONYMS: [(&str, &str); 9] = [
    ("timeout_seconds", "write `timeout`, which is in seconds"),
    ("open_timeout", "`timeout` is for the whole call"),
    ("read_timeout", "`timeout` is for the whole call"),
    ("api_endpoint", "write `url`"),
    ("retry_limit", "set `default_retry_limit` of the step, or `retries` here"),
    ("max_retries", "set `default_retry_limit` of the step, or `retries` here"),
    ("retry_backoff", "write `enable_exponential_backoff` and `retry_delay`"),
    ("query", "write `params`"),
    ("json", "write `body`, which is sent as JSON"),
];

/// Reads settings. `written` is what may be shown of them, where something in them may not.
pub(super) fn read(value: &Value, written: Option<&Value>) -> Result<ApiConfig, StepMistakes> {
    let Value::Object(members) = value else {
        let message = format!("the settings of an API step are a mapping; here is {}", what(value));
        return Err(StepMistake::new(message).help("begin with `url`").into());
    };
    let mut reader = Reader { written, variables: Variables::of_what_is_read(), mistakes: Vec::new() };
    let mut config = ApiConfig::new(Method::default(), String::new());
    config.variables = reader.variables.clone();
    // What the sense of other settings hangs on, and is not known.
    let mut unknown = Vec::new();
    reader.known(members, "", &KEYS);
    reader.kind(members);
    match reader.url(members) {
        Some(url) => config.url = url,
        None => unknown.push("/url"),
    }
    match there(members, "method").map(|value| reader.method(value)) {
        Some(Some(method)) => config.method = method,
        Some(None) => unknown.push("/body"),
        None => {}
    }
    config.params = reader.mapping(members, "params").cloned().unwrap_or_default();
    for (name, value) in reader.mapping(members, "headers").into_iter().flatten() {
        if let Some(value) = reader.header(name, value) {
            config.headers.insert(name.clone(), value);
        }
    }
    config.body = there(members, "body").cloned();
    if let Some(timeout) = reader.seconds(members, "timeout", ApiConfig::LONGEST_TIMEOUT) {
        config.timeout = timeout;
    }
    if let Some(ssl) = reader.mapping(members, "ssl") {
        config.ssl = reader.ssl(ssl);
    }
    if let Some(growing) = reader.flag(members, "", "enable_exponential_backoff") {
        config.growing = growing;
    }
    config.retry_delay = reader.seconds(members, "retry_delay", Backoff::MAX);
    config.jitter = reader.number(members, "jitter_factor", "a number from 0 to 1", Value::as_f64);
    let whole = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    config.retries = reader.number(members, "retries", "a whole number of executions", whole);
    let bytes = reader.number(members, "max_response_bytes", "a whole number of bytes", Value::as_u64);
    if let Some(bytes) = bytes {
        config.max_response_bytes = bytes;
    }
    let mut mistakes = reader.mistakes;
    mistakes.extend(config.mistakes().into_iter().filter(|mistake| !unknown.contains(&mistake.place())));
    StepMistakes::check(mistakes)?;
    Ok(config)
}

struct Reader<'w> {
    written: Option<&'w Value>,
    variables: Variables,
    mistakes: Vec<StepMistake>,
}

fn there<'v>(members: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    members.get(key).filter(|value| !value.is_null())
}

impl Reader<'_> {
    fn tell(&mut self, mistake: StepMistake) {
        self.mistakes.push(mistake);
    }

    /// Tells that a value is none of those that its key takes.
    fn takes(&mut self, place: &str, takes: &str, value: &Value, help: Option<String>) {
        let key = place[1..].replace('/', ".");
        let mistake = StepMistake::new(format!("`{key}` takes {takes}; here is {}", what(value))).at(place);
        self.tell(match help {
            Some(help) => mistake.help(help),
            None => mistake,
        });
    }

    /// Tells keys that nothing reads.
    fn known(&mut self, members: &Map<String, Value>, place: &str, keys: &[&str]) {
        for key in members.keys().filter(|key| !keys.contains(&key.as_str())) {
            let synonym = SYNONYMS.iter().find(|(other, _)| place.is_empty() && other == key);
            let help = match (synonym, nearest(key, keys.iter().copied())) {
                (Some((_, help)), _) => (*help).to_owned(),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => format!("the keys are {}", quoted(keys.iter().copied())),
            };
            let at = place_in(place, key);
            let shown = if place.is_empty() { key.clone() } else { format!("{}.{key}", &place[1..]) };
            self.tell(StepMistake::new(format!("nothing reads `{shown}`")).at_key(at).help(help));
        }
    }

    fn kind(&mut self, members: &Map<String, Value>) {
        match there(members, "type") {
            None => {}
            Some(Value::String(kind)) if kind == "api" => {}
            Some(other) => {
                let help = "write `type: api`, or leave it out";
                let message =
                    format!("the `type` of an API step is `api`; here is {}", self.shown("/type", other));
                self.tell(StepMistake::new(message).at("/type").help(help));
            }
        }
    }

    fn url(&mut self, members: &Map<String, Value>) -> Option<String> {
        const HELP: &str = "write what is called, as in `url: https://shop.example/carts/{cart_id}`";
        match there(members, "url") {
            Some(Value::String(url)) => return Some(url.clone()),
            Some(other) => self.takes("/url", "a text", other, Some(HELP.to_owned())),
            None => {
                // A slip was told already.
                let meant = |key: &String| {
                    key == "api_endpoint"
                        || (!KEYS.contains(&key.as_str()) && nearest(key, KEYS) == Some("url"))
                };
                if !members.keys().any(meant) {
                    let mistake = StepMistake::new("there is no `url`").help(HELP);
                    self.tell(if members.contains_key("url") { mistake.at_key("/url") } else { mistake });
                }
            }
        }
        None
    }

    fn method(&mut self, value: &Value) -> Option<Method> {
        let names = Method::ALL.map(Method::as_str);
        let Value::String(name) = value else {
            self.takes("/method", &format!("one of {}", quoted(names)), value, None);
            return None;
        };
        let upper = name.to_ascii_uppercase();
        let is_upper_or_lower = *name == upper || *name == name.to_ascii_lowercase();
        let method = Method::ALL.into_iter().find(|method| method.as_str() == upper && is_upper_or_lower);
        if method.is_none() {
            let help = match nearest(&upper, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the methods are {}", quoted(names)),
            };
            let message = format!("`method` is {}, which is none", self.shown("/method", value));
            self.tell(StepMistake::new(message).at("/method").help(help));
        }
        method
    }

    fn mapping<'v>(&mut self, members: &'v Map<String, Value>, key: &str) -> Option<&'v Map<String, Value>> {
        match there(members, key)? {
            Value::Object(mapping) => Some(mapping),
            other => {
                self.takes(&place_in("", key), "a mapping", other, None);
                None
            }
        }
    }

    fn header(&mut self, name: &str, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => {
                let message = format!("the header `{name}` takes a text; here is {}", what(value));
                self.tell(StepMistake::new(message).at(place_in("/headers", name)));
                None
            }
        }
    }

    fn ssl(&mut self, ssl: &Map<String, Value>) -> Ssl {
        self.known(ssl, "/ssl", &SSL_KEYS);
        let verify = self.flag(ssl, "/ssl", "verify");
        let file = match there(ssl, "ca_file") {
            Some(Value::String(file)) => Some(file.into()),
            Some(other) => {
                self.takes("/ssl/ca_file", "the path of a PEM file", other, None);
                None
            }
            None => None,
        };
        if verify == Some(false) && file.is_some() {
            self.tell(
                StepMistake::new("`ssl.verify` is false, so nothing reads `ssl.ca_file`")
                    .at_key("/ssl/ca_file")
                    .help("take away `verify`, to trust the authorities in the file, or the file"),
            );
        }
        match (verify, file) {
            (Some(false), _) => Ssl::Unverified,
            (_, Some(file)) => Ssl::CaFile(file),
            (_, None) => Ssl::System,
        }
    }

    fn flag(&mut self, members: &Map<String, Value>, under: &str, key: &str) -> Option<bool> {
        let value = there(members, key)?;
        if value.as_bool().is_none() {
            let place = place_in(under, key);
            let help = match value {
                Value::String(text) if matches!(text.as_str(), "true" | "false") => {
                    Some(self.without_quotes(&place, key, text))
                }
                _ => None,
            };
            self.takes(&place, "`true` or `false`", value, help);
        }
        value.as_bool()
    }

    fn number<T>(
        &mut self,
        members: &Map<String, Value>,
        key: &str,
        takes: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = there(members, key)?;
        let number = read(value);
        if number.is_none() {
            let place = place_in("", key);
            match value {
                Value::Number(_) => {
                    let message = format!("`{key}` is {value}; it is {takes}");
                    self.tell(StepMistake::new(message).at(place));
                }
                Value::String(text) if text.parse::<f64>().is_ok() => {
                    let help = self.without_quotes(&place, key, text);
                    self.takes(&place, takes, value, Some(help));
                }
                _ => self.takes(&place, takes, value, None),
            }
        }
        number
    }

    /// A number of seconds within bounds.
    fn seconds(&mut self, members: &Map<String, Value>, key: &str, most: Duration) -> Option<Duration> {
        let written = self.number(members, key, "a number of seconds", Value::as_f64)?;
        let seconds = Duration::try_from_secs_f64(written).ok().filter(|&seconds| seconds <= most);
        if seconds.is_none() {
            let most = most.as_secs();
            let message = format!("`{key}` is {written}; it is a number of seconds, from 0 to {most}");
            self.tell(StepMistake::new(message).at(place_in("", key)));
        }
        seconds
    }

    /// What to do with a text that would be right if it were none.
    fn without_quotes(&self, place: &str, key: &str, text: &str) -> String {
        if self.may_be_shown(place, text) {
            format!("write it without quotes: `{key}: {text}`")
        } else {
            "what a variable holds is always a text: write the value itself, and under `environments` where it is another"
                .to_owned()
        }
    }

    fn may_be_shown(&self, place: &str, text: &str) -> bool {
        let is_written = |written: &Value| written.pointer(place).and_then(Value::as_str) == Some(text);
        self.written.is_none_or(is_written) && self.variables.parts(place, text).is_none()
    }

    /// A value as a message names it.
    fn shown(&self, place: &str, value: &Value) -> String {
        const MOST: usize = 60;
        match value {
            Value::String(text) if self.may_be_shown(place, text) && text.len() <= MOST => {
                format!("`{text}`")
            }
            other => what(other).to_owned(),
        }
    }
}

/// What a value is, without what it says.
fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
