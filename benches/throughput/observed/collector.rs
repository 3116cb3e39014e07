//! A collector that takes what is sent and counts the spans.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tasker_tests::requests::serve;

use crate::Result;

pub(super) struct Collector {
    endpoint: String,
    spans: Arc<AtomicUsize>,
}

impl Collector {
    pub(super) async fn start() -> Result<Self> {
        let spans = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&spans);
        let count = move |body: &[u8]| {
            let request = ExportTraceServiceRequest::decode(body).expect("what a collector reads");
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            counts.fetch_add(scopes.map(|scope| scope.spans.len()).sum(), Ordering::Relaxed);
        };
        let endpoint = serve(move |request| count(&request.body)).await?;
        Ok(Self { endpoint, spans })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn spans(&self) -> usize {
        self.spans.load(Ordering::Relaxed)
    }
}
