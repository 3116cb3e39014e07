//! What sends the spans: the HTTP client of API steps, on the runtime of the application.
//!
//! Spans are exported by a thread of their own, which has no runtime and waits for the answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use crate::http::{Clients, Ssl};

/// Of the answer of a collector nothing is read but whether it took the spans.
const MOST: usize = 64 * 1024;

pub(super) struct Client {
    pub(super) clients: Arc<Clients>,
    pub(super) runtime: Handle,
    pub(super) timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let https = request.uri().scheme_str() == Some("https");
        let (http, timeout) = (self.clients.get(&Ssl::System, https)?, self.timeout);
        self.runtime.spawn(async move { send(&http, request, timeout).await }).await?
    }
}

async fn send(
    http: &reqwest::Client,
    request: Request<Bytes>,
    timeout: Duration,
) -> Result<Response<Bytes>, HttpError> {
    let mut request = reqwest::Request::try_from(request)?;
    *request.timeout_mut() = Some(timeout);
    let mut answer = http.execute(request).await?;
    let mut parts = Response::builder().status(answer.status());
    if let Some(headers) = parts.headers_mut() {
        std::mem::swap(headers, answer.headers_mut());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            return Err(Box::<dyn Error + Send + Sync>::from("the answer of the collector is too long"));
        }
    }
    Ok(parts.body(Bytes::from(body))?)
}
