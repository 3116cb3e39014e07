//! A language server in the hand of a test: messages over its standard input and output, as the Language Server Protocol frames them.
//!
//! A server that does not answer in time is not asked again. The process ends with the client.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What came of a question, or a text that says what was asked and what came instead.
pub(crate) type Answer<T = ()> = Result<T, String>;

/// The answers by which a server says that a question should be asked again: the content was modified, the server cancelled it.
const ASK_AGAIN: [i64; 2] = [-32801, -32802];

pub(crate) struct Client {
    process: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    /// The last `experimental/serverStatus`.
    status: Value,
    patience: Duration,
    /// It did not answer in time.
    stuck: bool,
}

impl Client {
    /// Starts a server, which may take `patience` for one answer.
    pub(crate) fn start(command: &mut Command, patience: Duration) -> Answer<Self> {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = started.map_err(|error| format!("{command:?}: {error}"))?;
        let stdin = process.stdin.take().ok_or("no pipe to the server")?;
        let stdout = process.stdout.take().ok_or("no pipe from the server")?;
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Self { process, stdin, messages, last_id: 0, status: Value::Null, patience, stuck: false })
    }

    /// Asks until there is an answer.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Answer<Value> {
        if self.stuck {
            return Err(format!("{method}: not asked, because an earlier answer is missing"));
        }
        let deadline = Instant::now() + self.patience;
        loop {
            self.last_id += 1;
            let id = self.last_id;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
            let mut response = loop {
                let message = self.next(method, deadline)?;
                if message["id"] == id {
                    break message;
                }
            };
            let error = &response["error"];
            if error.is_null() {
                return Ok(response["result"].take());
            }
            if !error["code"].as_i64().is_some_and(|code| ASK_AGAIN.contains(&code)) {
                return Err(format!("`{method}` was refused: {}", error["message"]));
            }
        }
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) -> Answer {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Waits until the server has nothing left to load, build scripts and proc macros included.
    pub(crate) fn wait_until_loaded(&mut self) -> Answer {
        let deadline = Instant::now() + self.patience;
        while self.status["quiescent"] != true {
            self.next("loading the package", deadline)?;
        }
        if self.status["health"] == "ok" {
            return Ok(());
        }
        Err(format!("rust-analyzer could not load the package: {}", self.status["message"]))
    }

    /// The next message that is meant for the test.
    fn next(&mut self, awaited: &str, deadline: Instant) -> Answer<Value> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).map_err(|error| {
                self.stuck = true;
                match error {
                    RecvTimeoutError::Timeout => format!("{awaited}: no answer within {:?}", self.patience),
                    RecvTimeoutError::Disconnected => format!("{awaited}: rust-analyzer has ended"),
                }
            })?;
            match message["method"].as_str() {
                None => return Ok(message),
                Some("experimental/serverStatus") => {
                    self.status = message["params"].clone();
                    return Ok(message);
                }
                Some(method) => self.reply(method, &message)?,
            }
        }
    }

    /// The server's own questions get the emptiest answer that there is.
    fn reply(&mut self, method: &str, message: &Value) -> Answer {
        if message["id"].is_null() {
            return Ok(()); // nobody asked
        }
        let result = match message["params"]["items"].as_array() {
            Some(items) if method == "workspace/configuration" => vec![Value::Null; items.len()].into(),
            _ => Value::Null,
        };
        self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
    }

    fn send(&mut self, message: &Value) -> Answer {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| self.stdin.flush())
            .map_err(|error| format!("rust-analyzer does not listen: {error}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has nothing to save. Its own children end when their input does.
        let _gone_already = self.process.kill();
        let _gone_already = self.process.wait();
    }
}

/// The next message, until the server ends.
fn read(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stdout.read_line(&mut line).ok()?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("Content-Length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = Vec::new();
    stdout.take(length).read_to_end(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
