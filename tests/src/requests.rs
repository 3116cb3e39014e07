//! A server on loopback that takes requests over HTTP/1.1 one after the other, hands each to whoever started it, and answers that all is well.
//! Collectors of tests and measurements stand on it.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What somebody sent.
pub struct Request {
    head: String,
    /// What stands behind the head.
    pub body: Vec<u8>,
}

impl Request {
    /// Whether it was posted to this path.
    #[must_use]
    pub fn is_post_to(&self, path: &str) -> bool {
        let rest = self.head.strip_prefix("POST ").and_then(|rest| rest.strip_prefix(path));
        rest.is_some_and(|rest| rest.starts_with(' '))
    }

    /// The value of a header; upper and lower case are the same.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Serves until the runtime ends; under which URL.
///
/// # Errors
/// When there is no free port.
pub async fn serve(take: impl Fn(Request) + Send + Sync + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let take = Arc::new(take);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&take)));
        }
    });
    Ok(url)
}

/// One request after the other, as long as there are any.
async fn answer(mut stream: TcpStream, take: Arc<impl Fn(Request)>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Some(head) = read_head(&mut stream, &mut bytes).await? {
        let mut request = Request { head, body: Vec::new() };
        let length = request.header("content-length").map_or(Ok(0), str::parse);
        let length: usize = length.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = bytes.drain(..length).collect();
        take(request);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
    Ok(())
}

/// All before the blank line; none where nothing comes any more.
async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<String>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes.drain(..end + 4).collect());
            return head.map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
}
