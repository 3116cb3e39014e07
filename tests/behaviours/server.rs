//! A server on this machine that answers as the path asks it to: `/429/60` with status 429 and `Retry-After: 60`.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Server {
    address: SocketAddr,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers until the test ends. The first answers to a path may be others: `/500,200`.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let paths = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&paths);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // Who goes away before the answer does not want it.
                let _ = stream.and_then(|stream| answer(stream, &seen));
            }
        });
        Self { address, paths }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often a path was asked for.
    pub(crate) fn calls(&self, path: &str) -> usize {
        count(&self.paths, path)
    }
}

fn count(paths: &Mutex<Vec<String>>, path: &str) -> usize {
    paths.lock().unwrap().iter().filter(|seen| *seen == path).count()
}

fn answer(mut stream: TcpStream, paths: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = count(paths, &path);
    paths.lock().unwrap().push(path.clone());
    let (statuses, retry_after) = path.trim_start_matches('/').split_once('/').unwrap_or((&path[1..], ""));
    let statuses: Vec<&str> = statuses.split(',').collect();
    let status = statuses[before.min(statuses.len() - 1)];
    let retry_after = match retry_after {
        "" => String::new(),
        // A date has spaces, which a path has not.
        retry_after => format!("Retry-After: {}\r\n", retry_after.replace('_', " ")),
    };
    write!(
        stream,
        "HTTP/1.1 {status} Something\r\n{retry_after}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    )
}
