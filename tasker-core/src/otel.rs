//! Traces: of each task one, from where it is started through all its steps, retries and children, on whatever process. The feature
//! `otel` brings it.
//!
//! ```no_run
//! use tasker_core::otel::Traces;
//! use tracing_subscriber::layer::SubscriberExt;
//! use tracing_subscriber::util::SubscriberInitExt;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let traces = Traces::builder().endpoint("http://localhost:4318").service("shop").sample(0.1).build()?;
//! tracing_subscriber::registry().with(traces.layer()).init();
//! // … what the application does …
//! traces.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! | span | kind | from | to |
//! |---|---|---|---|
//! | `tasker.task.start` | producer | a task is started; a child of the span that is current then | at once |
//! | `tasker.task.execution` | consumer | the task is created | it has ended |
//! | `tasker.step.execution` | internal | a worker calls the function of the step | that has returned |
//! | `tasker.event.delivery` | internal | an event of the task is given to a subscriber | that has returned |
//!
//! The execution of a task is a child of its start, or of the span that was said with [`Start::traceparent`](crate::Start::traceparent);
//! those of its steps, and deliveries of its events, are its children. An execution that repeats one that failed, was lost or was handed back has a link to that one. A
//! task that a step starts is a child of the step. What the function of a step does in spans of `tracing` are children of it too.
//!
//! They have the fields of the logs as attributes: `namespace`, `workflow`, `version`, `task`, `correlation_id`, and `state` of a task;
//! `step`, `attempt`, `worker`, `queue_seconds` (how long it could have run before a worker took it) and `outcome` of a step.
//!
//! # How it holds together
//!
//! The trace of a task, and whether it is recorded, is stored with it when it is started: as the header `traceparent` of the
//! [W3C](https://www.w3.org/TR/trace-context/). The ids of its spans are made of the ids of the task and the step, so that a process can
//! name spans that another one writes. Of a task that was started by a process without traces, the workers decide; by the same share they
//! decide the same.
//!
//! Spans are of the process, not of the database: those that a process has not sent yet are lost with it. The span of a task is written
//! when it ends, once the store has that, and again if it is put right after it has ended in error.
//!
//! # With OpenTelemetry of the application's own
//!
//! An application that has a provider and a layer already needs none of this but the ids: `with_id_generator(SpanIds::default())` at its
//! provider, which has to be the global one ([`SpanIds`]).

mod client;
mod ids;
mod level;
mod redacting;

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TraceId;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, SdkTracer, SdkTracerProvider,
    ShouldSample,
};
use reqwest::Url;
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use crate::Redaction;
use crate::echo::echo;
use crate::http::{Clients, Proxies};
use client::Client;
pub use ids::SpanIds;
pub(crate) use ids::choose;
use level::Recorded;
pub(crate) use level::unrecorded;
use redacting::Redacting;

/// What sends the spans of this process to a collector. Clones are the same.
#[derive(Debug, Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    level: LevelFilter,
}

/// Says where the spans go, and which.
#[derive(Clone, Default)]
#[must_use = "`build` makes the traces"]
pub struct TracesBuilder {
    endpoint: Option<String>,
    service: Option<String>,
    headers: HashMap<String, String>,
    share: Option<f64>,
    level: Option<Level>,
    redaction: Redaction,
    timeout: Option<Duration>,
}

/// Why spans cannot be sent.
#[derive(thiserror::Error)]
pub enum TracesError {
    /// The endpoint is none.
    #[error("spans cannot be sent to {endpoint}: {why}; an endpoint is such as `http://localhost:4318`")]
    Endpoint {
        /// The endpoint, and the variable that says it.
        endpoint: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such share of the traces.
    #[error("{0} is no share of the traces, which is between 0 (none) and 1 (all)")]
    Share(f64),
    /// What sends them cannot be set up.
    #[error("spans cannot be sent: {0}")]
    Exporter(String),
    /// `build` was called where nothing can be sent.
    #[error(
        "spans are sent on the runtime of tokio, and there is none here; call `build` in an async function"
    )]
    NoRuntime,
    /// The last spans were not sent.
    #[error("the last spans were not sent: {0}")]
    Unsent(String),
}

impl TracesError {
    fn endpoint(endpoint: &str, variable: Option<&str>, why: String) -> Self {
        let shown = format!("`{}`", echo(&Redaction::new().text(endpoint), 200));
        let endpoint = match variable {
            Some(variable) => format!("{shown}, as `{variable}` of the environment says"),
            None => shown,
        };
        Self::Endpoint { endpoint, why }
    }
}

impl Traces {
    /// Spans of this process go to the collector that the environment names (`OTEL_EXPORTER_OTLP_ENDPOINT` or
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), or else to `http://localhost:4318`.
    pub fn builder() -> TracesBuilder {
        TracesBuilder::default()
    }

    /// What makes spans of `tracing` into those of the traces: a layer for the subscriber of the application.
    ///
    /// It takes spans and events of the level `INFO` and above, unless the [builder](TracesBuilder::level) was told otherwise. What a
    /// filter of the subscriber leaves out is in no trace; the spans of Tasker have the level `INFO` and the target `tasker`.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer.clone())
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Recorded(self.level))
    }

    /// Sends what has ended so far.
    ///
    /// # Errors
    /// [`TracesError::Unsent`] if the collector does not take it.
    pub async fn flush(&self) -> Result<(), TracesError> {
        self.finish(SdkTracerProvider::force_flush).await
    }

    /// Sends what has ended so far, and nothing after that. To be called after [`Tasker::shutdown`](crate::Tasker::shutdown), before the
    /// process ends.
    ///
    /// # Errors
    /// [`TracesError::Unsent`] if the collector does not take it.
    pub async fn shutdown(&self) -> Result<(), TracesError> {
        // Which alone would not say what became of them.
        self.finish(|provider| {
            let flushed = provider.force_flush();
            provider.shutdown().and(flushed)
        })
        .await
    }

    /// The runtime has to go on meanwhile, because it sends.
    async fn finish(
        &self,
        how: impl FnOnce(&SdkTracerProvider) -> Result<(), OTelSdkError> + Send + 'static,
    ) -> Result<(), TracesError> {
        let provider = self.provider.clone();
        match tokio::task::spawn_blocking(move || how(&provider)).await {
            Ok(Ok(()) | Err(OTelSdkError::AlreadyShutdown)) => Ok(()),
            Ok(Err(error)) => Err(TracesError::Unsent(error.to_string())),
            Err(error) => Err(TracesError::Unsent(error.to_string())),
        }
    }
}

/// Without the values of headers, which may be keys.
impl fmt::Debug for TracesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint.as_deref().map(|endpoint| self.redaction.text(endpoint));
        f.debug_struct("TracesBuilder")
            .field("endpoint", &endpoint)
            .field("service", &self.service)
            .field("headers", &self.headers.keys())
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}

impl TracesBuilder {
    /// Where the collector takes OTLP over HTTP (Protobuf), without the path `/v1/traces`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// What the spans are of: `service.name`. Default: what the environment says (`OTEL_SERVICE_NAME`).
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Sends this header with the spans, such as a key of the collector.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Records this share of the traces, from 0 to 1. Default: 1, which is all. A task that was started in a trace is recorded as that
    /// one is.
    pub fn sample(mut self, share: f64) -> Self {
        self.share = Some(share);
        self
    }

    /// Takes spans and events of this level and above. Default: `INFO`. With `DEBUG` and `TRACE` come those of the database, too.
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// What is hidden in spans beside what is hidden anyway, as the application has it for its
    /// [Tasker](crate::TaskerBuilder::redact): in names, attributes, events and descriptions of errors.
    pub fn redact(mut self, redaction: impl Into<Redaction>) -> Self {
        self.redaction = self.redaction.and(&redaction.into());
        self
    }

    /// How long the collector may take. Default: 10 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Begins to send. The traces are those of the whole process, which has one of them.
    ///
    /// # Errors
    /// All but [`TracesError::Unsent`]. That nobody is there is no error: it is logged, and the spans are lost.
    pub fn build(self) -> Result<Traces, TracesError> {
        let share = self.share.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err(TracesError::Share(share));
        }
        let resource = match &self.service {
            Some(name) => Resource::builder().with_service_name(name.clone()),
            None => Resource::builder(),
        };
        let level = self.level.unwrap_or(Level::INFO).into();
        let exporter = self.exporter()?;
        let provider = SdkTracerProvider::builder()
            .with_span_processor(
                BatchSpanProcessor::builder(exporter).with_batch_config(batches().build()).build(),
            )
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_id_generator(SpanIds::default())
            .with_resource(resource.build())
            .build();
        SHARE.store(share.to_bits(), Ordering::Relaxed);
        global::set_tracer_provider(provider.clone());
        let tracer = provider.tracer("tasker");
        Ok(Traces { provider, tracer, level })
    }

    fn exporter(self) -> Result<Redacting, TracesError> {
        let runtime = Handle::try_current().map_err(|_| TracesError::NoRuntime)?;
        let timeout = self.timeout.unwrap_or(Duration::from_secs(10));
        let clients = Arc::new(Clients::new(Proxies::OfEnvironment));
        let endpoint = self.place()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { clients, runtime, timeout })
            .with_headers(self.headers.clone())
            .with_timeout(timeout)
            .with_endpoint(endpoint.as_str());
        let exporter = exporter.build().map_err(|error| TracesError::Exporter(error.to_string()))?;
        self.redaction.is_used_by("Traces");
        Ok(Redacting::new(exporter, self.redaction, endpoint))
    }

    /// Where traces are taken: as it was said, or as the environment says.
    fn place(&self) -> Result<Url, TracesError> {
        let said = |variable: &'static str| {
            env::var(variable).ok().filter(|url| !url.is_empty()).zip(Some(variable))
        };
        if let Some(endpoint) = &self.endpoint {
            return traces_of(endpoint, None);
        }
        if let Some((url, variable)) = said("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            return crate::http::url(&url).map_err(|why| TracesError::endpoint(&url, Some(variable), why));
        }
        match said("OTEL_EXPORTER_OTLP_ENDPOINT") {
            Some((url, variable)) => traces_of(&url, Some(variable)),
            None => traces_of("http://localhost:4318", None),
        }
    }
}

/// Where a collector takes traces.
fn traces_of(endpoint: &str, variable: Option<&'static str>) -> Result<Url, TracesError> {
    let url = crate::http::url(endpoint);
    let mut url = url.map_err(|why| TracesError::endpoint(endpoint, variable, why))?;
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with("/v1/traces") {
        url.set_path(&format!("{path}/v1/traces"));
    }
    Ok(url)
}

/// A worker ends thousands of steps a second, so more wait at a time than is usual; what the environment says goes first.
fn batches() -> BatchConfigBuilder {
    let is_said = |name| env::var_os(name).is_some();
    let mut batches = BatchConfigBuilder::default();
    if !is_said("OTEL_BSP_MAX_QUEUE_SIZE") {
        batches = batches.with_max_queue_size(16 * 1024);
    }
    if !is_said("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") {
        batches = batches.with_max_export_batch_size(1024);
    }
    if !is_said("OTEL_BSP_SCHEDULE_DELAY") {
        batches = batches.with_scheduled_delay(Duration::from_secs(1));
    }
    batches
}

/// The share of the traces that are recorded, as the bits of a number: 1, unless it was said.
static SHARE: AtomicU64 = AtomicU64::new(0x3ff0_0000_0000_0000);

/// Whether a trace that begins here is recorded.
pub(crate) fn is_sampled(trace: u128) -> bool {
    let sampler = Sampler::TraceIdRatioBased(f64::from_bits(SHARE.load(Ordering::Relaxed)));
    let kind = opentelemetry::trace::SpanKind::Consumer;
    let decided = sampler.should_sample(None, TraceId::from(trace), "tasker.task.execution", &kind, &[], &[]);
    decided.decision == SamplingDecision::RecordAndSample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_that_of_the_collector_or_of_its_traces() {
        let traces_of = |url| super::traces_of(url, None).map(String::from);
        assert_eq!(traces_of("http://localhost:4318").unwrap(), "http://localhost:4318/v1/traces");
        assert_eq!(traces_of("https://otel.example/otlp/").unwrap(), "https://otel.example/otlp/v1/traces");
        assert_eq!(traces_of("http://localhost:4318/v1/traces").unwrap(), "http://localhost:4318/v1/traces");
        assert_eq!(
            traces_of("localhost:4318").unwrap_err().to_string(),
            "spans cannot be sent to `localhost:4318`: it does not begin with `https://` or `http://`; an endpoint is such as \
             `http://localhost:4318`"
        );
        let error = super::traces_of("http://ada@otel", Some("OTEL_EXPORTER_OTLP_ENDPOINT")).unwrap_err();
        assert_eq!(
            format!("{error:?}"),
            "spans cannot be sent to `http://[redacted]@otel`, as `OTEL_EXPORTER_OTLP_ENDPOINT` of the environment says: it has a user in it; \
             send that as a header, with `header(\"Authorization\", ..)`; an endpoint is such as `http://localhost:4318`"
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let builder = Traces::builder().endpoint("https://ada:hunter2@otel").header("x-key", "hunter2");
        let (shown, error) = (format!("{builder:?}"), builder.place().unwrap_err().to_string());
        assert!(!shown.contains("hunter2") && shown.contains("x-key"), "{shown}");
        assert!(!error.contains("hunter2") && error.contains("it has a user in it"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_told_when_it_is_built() {
        let error = Traces::builder().sample(1.5).build().unwrap_err();
        assert_eq!(error.to_string(), "1.5 is no share of the traces, which is between 0 (none) and 1 (all)");
        let error = Traces::builder().sample(f64::NAN).build().unwrap_err();
        assert!(matches!(error, TracesError::Share(share) if share.is_nan()));
        assert!(matches!(Traces::builder().build().unwrap_err(), TracesError::NoRuntime));
    }
}
