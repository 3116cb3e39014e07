//! A server that does what a test tells it to, byte by byte, and remembers what it was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Which connection it came over, from 0.
    pub(super) connection: usize,
    pub(super) method: String,
    pub(super) target: String,
    /// By their names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What the server does next.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Send(String),
    /// Sends without an end, until nobody listens.
    SendForEver(String),
    /// Says nothing any more, and keeps the connection.
    Stall,
    Close,
}

/// An answer with a body of a known length.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Act> {
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    vec![Act::Send(format!("HTTP/1.1 {status} Something\r\n{headers}{length}\r\n{body}"))]
}

pub(super) fn json(status: u16, body: &str) -> Vec<Act> {
    answer(status, &[("Content-Type", "application/json")], body)
}

type Play = dyn Fn(&Seen) -> Vec<Act> + Send + Sync;

pub(super) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: AbortHandle,
}

impl Server {
    pub(super) async fn start(play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_with(None, false, play).await
    }

    /// A server whose connections end with a reset.
    pub(super) async fn start_resetting(play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_with(None, true, play).await
    }

    pub(super) async fn start_with(
        tls: Option<TlsAcceptor>,
        reset: bool,
        play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), tls, reset, play)
    }

    /// A server where somebody listens already.
    pub(super) fn start_at(
        listener: TcpListener,
        play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(listener, None, false, play)
    }

    fn serve(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        reset: bool,
        play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let (seen, play): (Arc<Mutex<Vec<Seen>>>, Arc<Play>) = (Arc::default(), Arc::new(play));
        let all = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                if reset {
                    stream.set_zero_linger().unwrap();
                }
                let (tls, seen, play) = (tls.clone(), Arc::clone(&all), Arc::clone(&play));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, connection, &seen, &*play).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, connection, &seen, &*play).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, seen, accepting: accepting.abort_handle() }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(super) fn only(&self) -> Seen {
        let [seen] = self.seen().try_into().unwrap();
        seen
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Ends with the connection.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: usize,
    seen: &Mutex<Vec<Seen>>,
    play: &Play,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let request = read(&mut stream, connection).await?;
        seen.lock().unwrap().push(request.clone());
        for act in play(&request) {
            match act {
                Act::Send(text) => stream.write_all(text.as_bytes()).await.ok()?,
                Act::SendForEver(text) => loop {
                    stream.write_all(text.as_bytes()).await.ok()?;
                },
                Act::Stall => std::future::pending().await,
                Act::Close => {
                    // Whoever reads slowly gets what was sent before.
                    stream.flush().await.ok()?;
                    return None;
                }
            }
            stream.flush().await.ok()?;
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, connection: usize) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|&size| size > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { connection, method, target, headers, body: String::from_utf8(body).unwrap() })
}
