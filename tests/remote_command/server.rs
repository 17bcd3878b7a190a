//! A real HTTP server on this machine that plays an endpoint: it likes short answers, and knows them by the sketch.
//!
//! It keeps every request as it came. What a test has to say about its manners, an [`Act`] for each request, is the
//! test's own; the answers are always made from the words of the request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line and the headers, as sent.
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// How the server behaves to one request.
pub enum Act {
    /// It answers.
    Answer,
    /// It answers, a few bytes at a time.
    Drip(Duration),
    /// It answers half and hangs up.
    Cut,
    /// It says nothing for so long.
    Hang(Duration),
    /// A status, headers (each with its line end) and a body.
    Say(u16, &'static str, &'static str),
    /// It hangs up, and nobody listens from here on.
    Leave,
}

type Manners = Arc<dyn Fn(usize, &Request) -> Act + Send + Sync>;

/// A server; it ends with the test.
pub struct Server {
    pub port: u16,
    received: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// A server that answers everything.
    pub fn answering() -> Self {
        Server::start(0, |_, _| Act::Answer)
    }

    /// A server at a port (0 for any), with its manners: they hear the number of the request, from 0, and the request.
    pub fn start(port: u16, manners: impl Fn(usize, &Request) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server { port, received: Arc::default(), ended: Arc::new(AtomicBool::new(false)) };
        let (received, ended) = (Arc::clone(&server.received), Arc::clone(&server.ended));
        let manners: Manners = Arc::new(manners);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (received, manners) = (Arc::clone(&received), Arc::clone(&manners));
                let ended = Arc::clone(&ended);
                // A client that hangs up is no failure of the test.
                let serve = move || drop(serve(stream, &received, &manners, &ended));
                thread::spawn(serve);
            }
        });
        server
    }

    /// The base address below which the API is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn received(&self) -> Vec<Request> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees the end and the port is free.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(
    mut stream: TcpStream,
    received: &Mutex<Vec<Request>>,
    manners: &Manners,
    ended: &AtomicBool,
) -> std::io::Result<()> {
    let request = read(&mut BufReader::new(&mut stream))?;
    let number = {
        let mut received = received.lock().unwrap();
        received.push(request.clone());
        received.len() - 1
    };
    let act = manners(number, &request);
    match act {
        Act::Answer => stream.write_all(answer(&request).as_bytes()),
        Act::Drip(pause) => answer(&request).as_bytes().chunks(40).try_for_each(|piece| {
            stream.write_all(piece)?;
            stream.flush()?;
            thread::sleep(pause);
            Ok(())
        }),
        Act::Cut => {
            let whole = answer(&request);
            stream.write_all(&whole.as_bytes()[..whole.len() * 2 / 3])
        }
        Act::Hang(time) => {
            thread::sleep(time);
            Ok(())
        }
        Act::Say(status, headers, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        }
        Act::Leave => {
            ended.store(true, Ordering::SeqCst);
            let here = stream.local_addr()?;
            TcpStream::connect(here).map(drop)
        }
    }
}

fn read(stream: &mut impl BufRead) -> std::io::Result<Request> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request { head, body })
}

/// The whole reply in the words of the API that was asked.
fn answer(request: &Request) -> String {
    let (path, body) = (request.path(), request.json());
    if path.ends_with("/chat/completions") {
        openai(&body)
    } else if path.ends_with("/messages") {
        anthropic(&body)
    } else {
        gemini(path, &body)
    }
}

/// What is asked last, and what the model makes of it.
struct Mind {
    first: bool,
    text: String,
}

impl Mind {
    fn on(asked: &str) -> Self {
        // Of several sketches the last is the one that is asked about.
        let sketch = asked.rsplit("The first answer ").next().unwrap_or_default();
        let first = ["shorter", "fewer", "less"].iter().any(|word| {
            sketch.starts_with(&format!("is {word}")) || sketch.starts_with(&format!("has {word}"))
        });
        let side = if first { "First" } else { "Second" };
        let text = if asked.contains("Write at most") {
            "You prefer answers that are shorter.\nYou prefer answers that come to the point at once.".into()
        } else if asked.contains("Rewrite the notes") {
            "You like it short.".into()
        } else if asked.contains("End with a line") {
            let size = if first { "shorter" } else { "longer" };
            format!("The first answer is {size}, and this person likes what is short.\nPreferred: {side}")
        } else {
            side.into()
        };
        Mind { first, text }
    }

    /// First tokens with their log-probabilities.
    fn tokens(&self) -> [(&'static str, f64); 2] {
        let (likely, other) = if self.first { ("First", "Second") } else { ("Second", "First") };
        [(likely, 0.9_f64.ln()), (other, 0.1_f64.ln())]
    }

    fn label(&self) -> Value {
        json!({ "answer": if self.first { "First" } else { "Second" } })
    }
}

fn whole(body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn stream(events: &[String]) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    events.iter().fold(head.to_owned(), |reply, event| format!("{reply}data: {event}\n\n"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

fn openai(body: &Value) -> String {
    let messages = body["messages"].as_array().unwrap();
    let mind = Mind::on(messages.last().unwrap()["content"].as_str().unwrap());
    let usage =
        json!({ "prompt_tokens": body.to_string().len() / 4, "completion_tokens": mind.text.len() / 4 + 1 });
    if body["stream"] == true {
        let piece =
            |text: &str| json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string();
        let end =
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }], "usage": usage });
        let events: Vec<String> =
            words(&mind.text).map(piece).chain([end.to_string(), "[DONE]".to_owned()]).collect();
        return stream(&events);
    }
    let form = body["response_format"].is_object();
    let content = if form { mind.label().to_string() } else { mind.text.clone() };
    let mut choice = json!({ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": "stop" });
    if body["logprobs"] == true {
        let top: Vec<Value> =
            mind.tokens().iter().map(|(token, log)| json!({ "token": token, "logprob": log })).collect();
        choice["logprobs"] = json!({ "content": [{ "token": top[0]["token"], "logprob": top[0]["logprob"], "top_logprobs": top }] });
    }
    whole(&json!({ "choices": [choice], "usage": usage }))
}

fn anthropic(body: &Value) -> String {
    let mind = Mind::on(body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap());
    if body["stream"] == true {
        let start =
            json!({ "type": "message_start", "message": { "content": [], "usage": { "input_tokens": 50 } } });
        let piece = |text: &str| {
            json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": text } })
                .to_string()
        };
        let end = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 5 } });
        let last = [end.to_string(), json!({ "type": "message_stop" }).to_string()];
        let events: Vec<String> =
            [start.to_string()].into_iter().chain(words(&mind.text).map(piece)).chain(last).collect();
        return stream(&events);
    }
    let block = if body["tools"].is_array() {
        json!({ "type": "tool_use", "name": "answer", "input": mind.label() })
    } else {
        json!({ "type": "text", "text": mind.text })
    };
    whole(
        &json!({ "content": [block], "stop_reason": "end_turn", "usage": { "input_tokens": 50, "output_tokens": 5 } }),
    )
}

fn gemini(path: &str, body: &Value) -> String {
    let last = body["contents"].as_array().unwrap().last().unwrap();
    let mind = Mind::on(last["parts"][0]["text"].as_str().unwrap());
    let part = |text: &str| json!({ "content": { "parts": [{ "text": text }] } });
    let usage = json!({ "promptTokenCount": 50, "candidatesTokenCount": 5 });
    if path.contains(":streamGenerateContent") {
        let piece = |text: &str| json!({ "candidates": [part(text)] }).to_string();
        let end = json!({ "candidates": [{ "finishReason": "STOP" }], "usageMetadata": usage });
        let events: Vec<String> = words(&mind.text).map(piece).chain([end.to_string()]).collect();
        return stream(&events);
    }
    let form = body["generationConfig"]["responseSchema"].is_object();
    let mut candidate = part(&if form { mind.label().to_string() } else { mind.text.clone() });
    candidate["finishReason"] = "STOP".into();
    if body["generationConfig"]["responseLogprobs"] == true {
        let top: Vec<Value> = mind
            .tokens()
            .iter()
            .map(|(token, log)| json!({ "token": token, "logProbability": log }))
            .collect();
        candidate["logprobsResult"] = json!({ "topCandidates": [{ "candidates": top }] });
    }
    whole(&json!({ "candidates": [candidate], "usageMetadata": usage }))
}
