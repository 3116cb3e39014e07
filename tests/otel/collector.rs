//! A collector: takes what is sent to it as OTLP over HTTP, and keeps it. What is sent elsewhere than to `/v1/traces` it keeps as the span that
//! the call says it is a part of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use tasker_tests::requests::{Request, serve};

#[derive(Clone)]
pub(crate) struct Collector {
    address: String,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    /// The header `traceparent` of each call that sent no spans.
    called: Vec<String>,
    /// What was sent, as far as it is text.
    text: String,
}

/// A span as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) name: String,
    /// The process that sent it.
    pub(crate) service: String,
    pub(crate) trace: u128,
    pub(crate) id: u64,
    /// Zero if it has none.
    pub(crate) parent: u64,
    pub(crate) links: Vec<(u128, u64)>,
    pub(crate) begins: u64,
    pub(crate) ends: u64,
    pub(crate) is_error: bool,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let keeps = Arc::clone(&kept);
        let address = serve(move |request| keeps.lock().unwrap().take(&request)).await.unwrap();
        Self { address, kept }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.address
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.lock().unwrap().spans.clone()
    }

    /// The header `traceparent` of each call that sent no spans.
    pub(crate) fn called(&self) -> Vec<String> {
        self.kept.lock().unwrap().called.clone()
    }

    pub(crate) fn text(&self) -> String {
        self.kept.lock().unwrap().text.clone()
    }

    /// Waits until what is there is enough.
    pub(crate) async fn has(&self, what: &str, is_enough: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        let began = Instant::now();
        loop {
            let spans = self.spans();
            if is_enough(&spans) {
                return spans;
            }
            assert!(began.elapsed() < Duration::from_secs(15), "waited in vain for {what}: {spans:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Span {
    pub(crate) fn of(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }
}

impl Kept {
    fn take(&mut self, request: &Request) {
        if request.is_post_to("/v1/traces") {
            assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
            self.spans.extend(spans(&request.body));
            self.text += &String::from_utf8_lossy(&request.body);
        } else {
            self.called.push(request.header("traceparent").unwrap_or_default().to_owned());
        }
    }
}

fn spans(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).expect("what a collector reads");
    let mut all = Vec::new();
    for of_resource in request.resource_spans {
        let resource = attributes(of_resource.resource.unwrap().attributes);
        let service = resource.get("service.name").cloned().unwrap_or_default();
        for span in of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans) {
            all.push(Span {
                name: span.name,
                service: service.clone(),
                trace: trace(&span.trace_id),
                id: id(&span.span_id),
                parent: if span.parent_span_id.is_empty() { 0 } else { id(&span.parent_span_id) },
                links: span.links.iter().map(|link| (trace(&link.trace_id), id(&link.span_id))).collect(),
                begins: span.start_time_unix_nano,
                ends: span.end_time_unix_nano,
                is_error: span.status.is_some_and(|status| status.code == 2),
                attributes: attributes(span.attributes),
            });
        }
    }
    all
}

fn trace(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(bytes.try_into().expect("16 bytes"))
}

fn id(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().expect("8 bytes"))
}

fn attributes(all: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        other => format!("{other:?}"),
    };
    all.into_iter().map(|KeyValue { key, value, .. }| (key, text(value))).collect()
}
