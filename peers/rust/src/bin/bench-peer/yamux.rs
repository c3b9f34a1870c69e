//! The crate `yamux`, with its default options or with the best options. A task drives its connection, because the
//! connection does nothing unless it is polled.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
};

use peers::{io::BoxedIo, yamux::poll_streams};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use yamux::{Config, Connection, Mode, Stream};

use crate::{
    session::{Library, Opener},
    transport::transport,
};

/// The longest frame, measured for bulk over a gathered connection: twice as fast as with the default of 16 KiB.
const SPLIT_SEND_SIZE: usize = 256 * 1024;

/// The largest limit that the default limit on the windows of all streams allows. With the default of 512, one stream
/// too many ends the connection. Closed streams may count among the 512.
const STREAM_LIMIT: usize = 4096;

/// More than the idle workload holds open.
const IDLE_STREAM_LIMIT: usize = 1_000_000;

pub struct Yamux {
    pub is_tuned: bool,
}

impl Yamux {
    fn config(&self, kind: &str) -> Config {
        let mut config = Config::default();
        if kind == "idle" {
            // The order matters, because each stream needs room for its first window.
            config.set_max_connection_receive_window(None);
            config.set_max_num_streams(IDLE_STREAM_LIMIT);
        } else {
            config.set_max_num_streams(STREAM_LIMIT);
        }
        if self.is_tuned {
            config.set_split_send_size(SPLIT_SEND_SIZE);
        }
        config
    }

    fn connection(&self, stream: TcpStream, kind: &str, mode: Mode) -> Connection<Compat<BoxedIo>> {
        let transport = transport(stream, self.is_tuned).compat();
        Connection::new(transport, self.config(kind), mode)
    }
}

impl Library for Yamux {
    type Opener = YamuxOpener;

    fn connect(&self, stream: TcpStream, kind: &str) -> YamuxOpener {
        let (wanting, wanted) = mpsc::unbounded_channel();
        let connection = self.connection(stream, kind, Mode::Client);
        let driver = Driver {
            connection,
            wanted,
            waiting: VecDeque::new(),
        };
        tokio::spawn(driver.run(|_| panic!("only the client opens streams")));
        YamuxOpener(wanting)
    }

    fn accept<H>(&self, stream: TcpStream, kind: &str, handle: H)
    where
        H: Fn(Compat<Stream>) + Send + Sync + 'static,
    {
        let (_, wanted) = mpsc::unbounded_channel();
        let connection = self.connection(stream, kind, Mode::Server);
        let driver = Driver {
            connection,
            wanted,
            waiting: VecDeque::new(),
        };
        tokio::spawn(driver.run(handle));
    }
}

#[derive(Clone)]
pub struct YamuxOpener(mpsc::UnboundedSender<oneshot::Sender<Stream>>);

impl Opener for YamuxOpener {
    type Stream = Compat<Stream>;

    async fn open(&mut self) -> Compat<Stream> {
        let (opened, stream) = oneshot::channel();
        self.0.send(opened).expect("a connection");
        stream.await.expect("a stream").compat()
    }
}

struct Driver {
    connection: Connection<Compat<BoxedIo>>,
    wanted: mpsc::UnboundedReceiver<oneshot::Sender<Stream>>,
    waiting: VecDeque<oneshot::Sender<Stream>>,
}

impl Driver {
    /// Runs until the connection has ended. `handle` gets the streams that the other side opens.
    async fn run(mut self, handle: impl Fn(Compat<Stream>)) {
        poll_fn(|cx| self.poll(cx, &handle)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>, handle: &impl Fn(Compat<Stream>)) -> Poll<()> {
        while let Poll::Ready(Some(opened)) = self.wanted.poll_recv(cx) {
            self.waiting.push_back(opened);
        }
        let answer = |opened: oneshot::Sender<Stream>, stream: Result<Stream, _>| {
            let _ = opened.send(stream.expect("a stream"));
        };
        let accept = |stream: Stream| handle(stream.compat());
        // An error means that the client has ended.
        poll_streams(&mut self.connection, &mut self.waiting, cx, answer, accept).map(drop)
    }
}
