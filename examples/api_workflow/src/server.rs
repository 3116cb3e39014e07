//! The service that the steps call: a few answers over HTTP, and bad moods.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// How it misbehaves.
#[derive(Debug, Clone, Copy)]
pub struct Moods {
    /// So many requests for carts are answered with 429.
    pub limited: u32,
    /// So many payments are answered with 503.
    pub busy: u32,
    /// What `Retry-After` says with a 429, in seconds.
    pub retry_after: u32,
}

/// Ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    service: Arc<Service>,
    accepting: AbortHandle,
}

struct Service {
    moods: Moods,
    carts: AtomicU32,
    payments: AtomicU32,
    seen: Mutex<Vec<String>>,
}

impl Server {
    pub async fn start(moods: Moods) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let service =
            Service { moods, carts: AtomicU32::new(0), payments: AtomicU32::new(0), seen: Mutex::default() };
        let service = Arc::new(service);
        let serving = Arc::clone(&service);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = Arc::clone(&serving);
                // A client that goes away in the middle is no trouble.
                tokio::spawn(async move { service.serve(stream).await });
            }
        });
        Ok(Self { address, service, accepting: accepting.abort_handle() })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked, and what it answered: `GET /carts/7: 200`.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests look at it; everybody else reads it as it comes")
    )]
    pub fn seen(&self) -> Vec<String> {
        self.service.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Service {
    /// Answers one request; the connection is closed after it.
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let asked: String = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let mut length = 0;
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("Content-Length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let (head, body) = self.answer(&asked);
        let told = format!("{asked}: {}", head.lines().collect::<Vec<_>>().join(", "));
        println!("server:  {told}");
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    }

    fn answer(&self, asked: &str) -> (String, &'static str) {
        let fine = |body| ("200 OK".to_owned(), body);
        match asked {
            "GET /carts/7" if self.carts.fetch_add(1, Ordering::Relaxed) < self.moods.limited => {
                (format!("429 Too Many Requests\r\nRetry-After: {}", self.moods.retry_after), "")
            }
            "GET /carts/7" => fine(r#"{"items": [{"sku": "MUG-1", "quantity": 2}], "cents": 2500}"#),
            "GET /stock/MUG-1?quantity=2" => fine(r#"{"left": 24}"#),
            "POST /payments" if self.payments.fetch_add(1, Ordering::Relaxed) < self.moods.busy => {
                ("503 Service Unavailable".to_owned(), "")
            }
            "POST /payments" => fine(r#"{"receipt": "receipt-1", "took": 2500}"#),
            "GET /parcels/800" => fine(r#"{"cents": 490}"#),
            _ => ("404 Not Found".to_owned(), ""),
        }
    }
}
