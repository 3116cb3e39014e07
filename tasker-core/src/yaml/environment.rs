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
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Self::named(
            set("TASKER_ENV").or_else(|| set("RAILS_ENV")).unwrap_or_else(|| "development".to_owned()),
        )
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
