//! The other side: a chat that is busy at first, and a partner that believes nobody without a signature.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tasker::http::WebhookVerifier;

use crate::server::{Request, Server};

/// What the two have seen.
#[derive(Default)]
pub struct Seen {
    /// How many requests for the chat are to be answered with 429.
    busy: u32,
    /// The keys and texts of the messages of the chat.
    pub messages: Vec<(String, String)>,
    /// The ids and names of the events that the partner took.
    pub events: Vec<(String, String)>,
    /// Why it did not believe others.
    pub refused: Vec<String>,
}

/// The systems outside; they are gone when this is dropped.
pub struct Outside {
    server: Server,
    seen: Arc<Mutex<Seen>>,
}

impl Outside {
    /// The chat is busy for so many requests, and the partner knows this secret.
    pub async fn start(busy: u32, secret: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let verifier = WebhookVerifier::new(secret)?;
        let seen = Arc::new(Mutex::new(Seen { busy, ..Seen::default() }));
        let all = Arc::clone(&seen);
        let server = Server::start(move |request| {
            let mut seen = lock(&all);
            match request.path.as_str() {
                "/chat" => seen.chat(request),
                "/partner" => seen.partner(request, &verifier),
                _ => "404 Not Found",
            }
        });
        Ok(Self { server: server.await?, seen })
    }

    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }
}

impl Seen {
    /// Shows each message once, whatever comes again.
    fn chat(&mut self, request: &Request) -> &'static str {
        if self.busy > 0 {
            self.busy -= 1;
            return "429 Too Many Requests\r\nRetry-After: 1";
        }
        let Ok(message) = serde_json::from_slice::<Value>(&request.body) else { return "400 Bad Request" };
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        once(&mut self.messages, text("key"), format!("{} {}", text("channel"), text("text")));
        "204 No Content"
    }

    /// Checks the signature over the body as it came, before anything of it is read.
    fn partner(&mut self, request: &Request, verifier: &WebhookVerifier) -> &'static str {
        let header = |name| request.header(name);
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        if let Err(refused) = verifier.verify(id, timestamp, header("webhook-signature"), &request.body) {
            self.refused.push(refused.to_string());
            return "401 Unauthorized";
        }
        let Ok(event) = serde_json::from_slice::<Value>(&request.body) else { return "400 Bad Request" };
        let name = event["event"].as_str().unwrap_or_default().to_owned();
        once(&mut self.events, id.to_owned(), name);
        "204 No Content"
    }
}

fn once(all: &mut Vec<(String, String)>, id: String, what: String) {
    if !all.iter().any(|(known, _)| *known == id) {
        all.push((id, what));
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
