//! The `yamux` crate: a task that drives its connection, and two halves for its users.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;
use peers::yamux::poll_streams;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use yamux::{Config, Connection, Mode, Stream};

use crate::{control::report, library::Accepted};

type Answer<T> = oneshot::Sender<Result<T, Value>>;

enum Request {
    Open(Answer<Accepted>),
    Close(Answer<()>),
}

/// The half that opens streams and closes the connection.
pub struct Opening(mpsc::UnboundedSender<Request>);

/// The half that accepts streams.
pub struct Accepting(mpsc::UnboundedReceiver<Accepted>);

pub fn start(transport: TcpStream, role: &str, options: &Value) -> (Opening, Accepting) {
    let mut config = Config::default();
    if let Some(limit) = options["streamLimit"].as_u64() {
        config.set_max_num_streams(limit as usize);
    }
    let mode = match role {
        "client" => Mode::Client,
        _ => Mode::Server,
    };
    let (requests, requested) = mpsc::unbounded_channel();
    let (accepted, inbound) = mpsc::unbounded_channel();
    let driver = Driver {
        connection: Connection::new(transport.compat(), config, mode),
        requested,
        waiting: VecDeque::new(),
        closing: None,
        accepted,
    };
    tokio::spawn(driver.run());
    (Opening(requests), Accepting(inbound))
}

impl Opening {
    pub async fn open(&mut self) -> Result<Accepted, Value> {
        self.request(Request::Open).await
    }

    pub async fn close(&mut self) -> Result<(), Value> {
        self.request(Request::Close).await
    }

    async fn request<T>(&self, what: impl FnOnce(Answer<T>) -> Request) -> Result<T, Value> {
        let (answer, answered) = oneshot::channel();
        // If the driver has ended, the caller learns it from the closed channel of the answer.
        let _ = self.0.send(what(answer));
        answered.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Accepting {
    pub async fn accept(&mut self) -> Result<Accepted, Value> {
        self.0.recv().await.ok_or_else(closed)
    }
}

/// Owns the connection, which does nothing unless it is polled.
struct Driver {
    connection: Connection<Compat<TcpStream>>,
    requested: mpsc::UnboundedReceiver<Request>,
    waiting: VecDeque<Answer<Accepted>>,
    closing: Option<Answer<()>>,
    accepted: mpsc::UnboundedSender<Accepted>,
}

impl Driver {
    async fn run(mut self) {
        let end = poll_fn(|cx| self.poll(cx)).await;
        report("ended", json!({ "local": failure(&end), "debug": "" }));
    }

    /// Ready when the connection has ended, with the reason.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<String> {
        while let Poll::Ready(Some(request)) = self.requested.poll_recv(cx) {
            match request {
                Request::Open(answer) => self.waiting.push_back(answer),
                Request::Close(answer) => self.closing = Some(answer),
            }
        }
        if self.closing.is_some() {
            return self.poll_close(cx);
        }
        let answer = |answer: Answer<Accepted>, opened: Result<Stream, _>| {
            let _ = answer.send(opened.map(accepted).map_err(|error| failure(&error)));
        };
        let accept = |stream| {
            let _ = self.accepted.send(accepted(stream));
        };
        poll_streams(&mut self.connection, &mut self.waiting, cx, answer, accept).map(|error| {
            error.map_or("the connection is closed".to_owned(), |error| {
                error.to_string()
            })
        })
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<String> {
        let Poll::Ready(result) = self.connection.poll_close(cx) else {
            return Poll::Pending;
        };
        let answer = self.closing.take().unwrap();
        let _ = answer.send(result.map_err(|error| failure(&error)));
        Poll::Ready("closed here".to_owned())
    }
}

fn accepted(stream: Stream) -> Accepted {
    Accepted {
        typ: None,
        wire_id: Some(stream.id().val()),
        io: Box::new(YamuxIo {
            stream: stream.compat(),
            users: Arc::default(),
        }),
    }
}

fn failure(error: &impl ToString) -> Value {
    json!({ "code": null, "text": error.to_string() })
}

fn closed() -> Value {
    failure(&"the connection is closed")
}

/// The library remembers one waker for reading and writing together, but here two tasks read and write. So this gives
/// the library a waker that wakes both.
struct YamuxIo {
    stream: Compat<Stream>,
    users: Arc<Users>,
}

#[derive(Default)]
struct Users {
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wake for Users {
    fn wake(self: Arc<Self>) {
        self.reader.wake();
        self.writer.wake();
    }
}

impl YamuxIo {
    fn writing<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut Compat<Stream>>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.users.writer.register(cx.waker());
        let waker = Waker::from(self.users.clone());
        poll(Pin::new(&mut self.stream), &mut Context::from_waker(&waker))
    }
}

impl AsyncRead for YamuxIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.users.reader.register(cx.waker());
        let waker = Waker::from(self.users.clone());
        Pin::new(&mut self.stream).poll_read(&mut Context::from_waker(&waker), buffer)
    }
}

impl AsyncWrite for YamuxIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writing(cx, |stream, cx| stream.poll_write(cx, buffer))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}
