use std::collections::HashMap;
use std::env::{self, VarError};
use std::fmt;
use std::sync::Arc;

/// What a file is loaded for: the environment whose overrides count, and where the values of variables come from.
///
/// ```
/// use tasker_core::yaml::Environment;
///
/// let production = Environment::named("production");
/// let test = Environment::named("test").variables([("API_KEY", "none")]);
/// assert_eq!(format!("{test:?}"), "Environment(\"test\")");
/// ```
#[derive(Clone)]
pub struct Environment {
    name: String,
    /// Those of the process, unless others are given.
    variables: Option<Arc<HashMap<String, String>>>,
}

/// Why a variable has no value.
pub(super) enum NoValue {
    NotSet,
    NotUtf8,
}

impl Environment {
    /// The environment of that name, with the variables of the process.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), variables: None }
    }

    /// The one that the process is in: what the variable `TASKER_ENV` says, or else `RAILS_ENV`, or else `development`.
    #[must_use]
    pub fn of_process() -> Self {
        Self::named(name_of(|variable| env::var(variable).ok()))
    }

    /// Takes the values of variables from here, and none from the process.
    #[must_use]
    pub fn variables<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.variables = Some(Arc::new(variables.collect()));
        self
    }

    /// What it is called in files.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn value(&self, variable: &str) -> Result<String, NoValue> {
        match &self.variables {
            Some(variables) => variables.get(variable).cloned().ok_or(NoValue::NotSet),
            None => env::var(variable).map_err(|error| match error {
                VarError::NotPresent => NoValue::NotSet,
                VarError::NotUnicode(_) => NoValue::NotUtf8,
            }),
        }
    }
}

/// What the environment is called, by the variables that say it.
fn name_of(value: impl Fn(&str) -> Option<String>) -> String {
    let mut names = ["TASKER_ENV", "RAILS_ENV"].into_iter().filter_map(value);
    names.find(|name| !name.is_empty()).unwrap_or_else(|| "development".to_owned())
}

impl From<&str> for Environment {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl From<String> for Environment {
    fn from(name: String) -> Self {
        Self::named(name)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({:?})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tasker_is_told_comes_before_what_rails_is_told() {
        let name = |tasker: Option<&str>, rails: Option<&str>| {
            name_of(|variable| match variable {
                "TASKER_ENV" => tasker.map(str::to_owned),
                "RAILS_ENV" => rails.map(str::to_owned),
                _ => None,
            })
        };
        assert_eq!(name(Some("staging"), Some("production")), "staging");
        assert_eq!(name(Some(""), Some("production")), "production");
        assert_eq!(name(None, None), "development");
    }
}
