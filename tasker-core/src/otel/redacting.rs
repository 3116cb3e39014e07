//! Spans without secrets: what is sent goes through the same redaction as what is logged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};

use reqwest::Url;

use crate::Redaction;
use crate::redact::REDACTED;

/// Sends spans once their secrets are out of them, and says when that does not work any more, and when it does again.
#[derive(Debug)]
pub(super) struct Redacting {
    exporter: SpanExporter,
    redaction: Redaction,
    endpoint: Url,
    fails: AtomicBool,
}

impl Redacting {
    pub(super) fn new(exporter: SpanExporter, redaction: Redaction, endpoint: Url) -> Self {
        Self { exporter, redaction, endpoint, fails: AtomicBool::new(false) }
    }

    fn tell(&self, sent: &OTelSdkResult, spans: usize) {
        let endpoint = self.endpoint.as_str();
        match sent {
            Err(error) if !self.fails.swap(true, Ordering::Relaxed) => tracing::warn!(
                target: "tasker", endpoint, %error, spans,
                "spans are not sent and are lost, until the collector takes them: is it there, and does it take OTLP over HTTP?"
            ),
            Ok(()) if self.fails.swap(false, Ordering::Relaxed) => {
                tracing::info!(target: "tasker", endpoint, "spans are sent again");
            }
            _ => {}
        }
    }
}

impl trace::SpanExporter for Redacting {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            self.redaction.span(span);
        }
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        self.tell(&sent, spans);
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Redaction {
    fn span(&self, span: &mut SpanData) {
        self.attributes(&mut span.attributes);
        for event in &mut span.events.events {
            self.replace(event.name.clone().as_ref(), |text| event.name = text.into());
            self.attributes(&mut event.attributes);
        }
        for link in &mut span.links.links {
            self.attributes(&mut link.attributes);
        }
        self.replace(span.name.clone().as_ref(), |text| span.name = text.into());
        if let Status::Error { description } = &span.status {
            let text = self.text(description).into_owned();
            span.status = Status::error(text);
        }
    }

    fn attributes(&self, attributes: &mut [KeyValue]) {
        for KeyValue { key, value, .. } in attributes {
            if self.is_secret(key.as_str()) {
                *value = Value::from(REDACTED);
                continue;
            }
            match value {
                Value::String(text) => self.replace(text.clone().as_str(), |said| *text = said.into()),
                Value::Array(Array::String(texts)) => {
                    for text in texts {
                        let said: StringValue = self.text(text.as_str()).into_owned().into();
                        *text = said;
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts a text without secrets in the place of one that has any.
    fn replace(&self, text: &str, put: impl FnOnce(String)) {
        if let std::borrow::Cow::Owned(said) = self.text(text) {
            put(said);
        }
    }
}
