//! A collector: takes what is sent to it as OTLP over HTTP, and keeps it. What is sent elsewhere than to `/v1/traces` it keeps as the span that
//! the call says it is a part of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let keeps = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&keeps)));
            }
        });
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

/// One request after the other, as long as there are any.
async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let mut bytes = Vec::new();
    loop {
        let Some(head) = read_until_blank_line(&mut stream, &mut bytes).await else { return };
        let lines: Vec<&str> = head.lines().collect();
        let header = |name: &str| {
            let named = lines.iter().filter_map(|line| line.split_once(": "));
            named.filter(|(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
        };
        let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body: Vec<u8> = bytes.drain(..length).collect();
        if lines[0].starts_with("POST /v1/traces ") {
            assert_eq!(header("content-type"), Some("application/x-protobuf"));
            let mut kept = kept.lock().unwrap();
            kept.spans.extend(spans(&body));
            kept.text += &String::from_utf8_lossy(&body);
        } else {
            let span = header("traceparent").unwrap_or_default().to_owned();
            kept.lock().unwrap().called.push(span);
        }
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn read_until_blank_line(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = bytes.drain(..end + 4).collect();
            return Some(String::from_utf8(head).unwrap());
        }
        if stream.read_buf(bytes).await.unwrap_or(0) == 0 {
            return None;
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
