//! A real HTTP server on this machine that does what a test says, and keeps what it was sent.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with one request; the connection ends behind it.
pub type Act = Box<dyn FnMut(&mut dyn Write) -> std::io::Result<()> + Send>;

/// One request as it came: its head in one text, and its body.
#[derive(Clone, Debug)]
pub struct Received {
    pub head: String,
    pub body: Vec<u8>,
}

/// A server; it answers as many requests as it has acts.
pub struct Server {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        thread::spawn(move || {
            for mut act in acts {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let request = read(&mut BufReader::new(&mut stream));
                kept.lock().unwrap().push(request);
                // A client that has enough hangs up.
                let _ = act(&mut stream);
            }
        });
        Server { port, received }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn read(stream: &mut impl BufRead) -> Received {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Received { head, body }
}

/// Sends these bytes.
pub fn bytes(bytes: impl Into<Vec<u8>>) -> Act {
    let bytes = bytes.into();
    Box::new(move |stream| stream.write_all(&bytes))
}

/// A whole reply.
pub fn reply(status: u16, headers: &str, body: &str) -> Act {
    let length = body.len();
    bytes(format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

/// The head of a stream of events that ends with the connection.
pub const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
