//! A web server that keeps what it is sent.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
};

use tiny_http::{Header, Response, Server};

use crate::PATIENCE;

/// What somebody sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// `/path?query`.
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Default)]
struct Kept {
    requests: Vec<Request>,
    answers: VecDeque<Answer>,
}

/// The server. Answers 204 unless told otherwise.
pub struct HttpSink {
    server: Arc<Server>,
    kept: Arc<(Mutex<Kept>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
}

/// Starts one.
pub fn start_http_sink() -> HttpSink {
    let server = Arc::new(Server::http("127.0.0.1:0").expect("a port is free"));
    let address = server.server_addr().to_ip().expect("it listens on a port");
    let kept = Arc::new((Mutex::new(Kept::default()), Condvar::new()));
    let (listening, keeping) = (Arc::clone(&server), Arc::clone(&kept));
    let thread = std::thread::spawn(move || {
        for request in listening.incoming_requests() {
            keep(request, &keeping);
        }
    });
    HttpSink { server, kept, thread: Some(thread), address }
}

fn keep(mut request: tiny_http::Request, kept: &(Mutex<Kept>, Condvar)) {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).expect("the body is text");
    let headers = request
        .headers()
        .iter()
        .map(|header| (header.field.to_string().to_lowercase(), header.value.to_string()))
        .collect();
    let seen =
        Request { method: request.method().to_string(), path: request.url().to_owned(), headers, body };
    let answer = {
        let mut all = kept.0.lock().expect("nobody panicked");
        all.requests.push(seen);
        all.answers.pop_front()
    };
    let answer = answer.unwrap_or(Answer { status: 204, headers: Vec::new(), body: String::new() });
    let mut response = Response::from_string(answer.body).with_status_code(answer.status);
    for (name, value) in answer.headers {
        response.add_header(Header::from_bytes(name, value).expect("a header"));
    }
    // Whoever asked may be gone: that is for the test to judge.
    let _ = request.respond(response);
    kept.1.notify_all();
}

impl HttpSink {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One of the next requests is answered so; answers are given in the order in which they were set.
    pub fn answer(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer { status, headers, body: body.to_owned() };
        self.kept.0.lock().expect("nobody panicked").answers.push_back(answer);
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.kept.0.lock().expect("nobody panicked").requests.clone()
    }

    /// All requests as soon as there are so many.
    pub fn wait_for(&self, count: usize) -> Vec<Request> {
        let (lock, changed) = &*self.kept;
        let guard = lock.lock().expect("nobody panicked");
        let (guard, late) = changed
            .wait_timeout_while(guard, PATIENCE, |kept| kept.requests.len() < count)
            .expect("nobody panicked");
        assert!(!late.timed_out(), "{} of {count} requests came", guard.requests.len());
        guard.requests.clone()
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // A panic there was seen by the test as an answer that did not come.
            let _ = thread.join();
        }
    }
}
