//! What is shown of an error is its text, also where `Debug` is asked for: by a `main` that returns it, by `unwrap`, by `{error:?}` in
//! a log. The texts say what to do; names of variants do not.

use std::fmt;

macro_rules! debug_is_display {
    ($($error:path),+ $(,)?) => {
        $(impl fmt::Debug for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        })+
    };
}

#[cfg(feature = "otel")]
debug_is_display! {
    crate::otel::TracesError,
}

debug_is_display! {
    crate::AnnotateError,
    crate::BuildError,
    crate::BulkError,
    crate::CatalogError,
    crate::ConfigurationError,
    crate::CursorError,
    crate::DefinitionError,
    crate::IllegalTransition,
    crate::InvalidId,
    crate::InvalidTimestamp,
    crate::InvalidTraceParent,
    crate::OperatorError,
    crate::QueryError,
    crate::RegisterError,
    crate::ResultError,
    crate::SchemaError,
    crate::StartError,
    crate::UnknownState,
    crate::UnknownWorkflow,
    crate::events::DeadLetterError,
    crate::events::ListenError,
    crate::report::SnapshotError,
    crate::store::StoreError,
}

#[cfg(feature = "http")]
debug_is_display!(crate::http::ApiConfigError, crate::http::WebhookError);

#[cfg(feature = "logs")]
debug_is_display!(crate::logs::LogsError);

#[cfg(test)]
mod tests {
    use crate::store::StoreError;
    use crate::{BuildError, TaskId};

    #[test]
    fn a_main_that_returns_an_error_shows_its_text() {
        let main = || -> Result<(), Box<dyn std::error::Error>> { Err("x".parse::<TaskId>().unwrap_err())? };
        let error = main().unwrap_err();
        assert_eq!(format!("{error:?}"), error.to_string());
        let error = BuildError::from(StoreError::Corrupt("a step without a task".into()));
        assert_eq!(
            format!("Error: {error:?}"),
            "Error: the store holds what it should not: a step without a task"
        );
    }

    #[cfg(all(feature = "http", feature = "logs"))]
    #[test]
    fn so_does_one_that_sets_up_logs_or_a_webhook() {
        let loud = crate::logs::Logs::json().filter("shop=loud").init().unwrap_err();
        assert!(format!("{loud:?}").starts_with("`Logs::filter` says `shop=loud`"), "{loud:?}");
        let webhook = crate::http::Webhook::new("partner.example").unwrap_err();
        assert!(format!("{webhook:?}").starts_with("the URL of the webhook"), "{webhook:?}");
    }
}
