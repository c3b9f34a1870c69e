//! The transport: plain TCP, or a gathered connection. A gathered connection sends the bytes that are written during a
//! system call with the next call, and it reads ahead. By themselves, the libraries make a system call for each frame.

use std::{
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use peers::io::BoxedIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

pub fn transport(stream: TcpStream, is_gathered: bool) -> BoxedIo {
    stream.set_nodelay(true).expect("no delay");
    if is_gathered {
        Box::new(Gathered::new(stream))
    } else {
        Box::new(stream)
    }
}

/// Number of gathered bytes at which writers wait.
const MOST: usize = 1024 * 1024;

const READ_AHEAD: usize = 64 * 1024;

struct Gathered {
    reading: BufReader<OwnedReadHalf>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    error: Option<io::ErrorKind>,
    /// The writer that waits for room.
    writer: Option<Waker>,
    /// The sender that waits for bytes.
    sender: Option<Waker>,
}

impl Gathered {
    fn new(stream: TcpStream) -> Gathered {
        let (reading, writing) = stream.into_split();
        let waiting: Arc<Mutex<Waiting>> = Arc::default();
        tokio::spawn(send(writing, waiting.clone()));
        Gathered {
            reading: BufReader::with_capacity(READ_AHEAD, reading),
            waiting,
        }
    }
}

/// Runs until the connection fails.
async fn send(mut writing: OwnedWriteHalf, waiting: Arc<Mutex<Waiting>>) {
    let mut sending = Vec::new();
    loop {
        std::future::poll_fn(|cx| {
            let mut waiting = waiting.lock().unwrap();
            if waiting.bytes.is_empty() {
                waiting.sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            // The two buffers alternate.
            mem::swap(&mut sending, &mut waiting.bytes);
            wake(&mut waiting.writer);
            Poll::Ready(())
        })
        .await;
        if let Err(error) = writing.write_all(&sending).await {
            let mut waiting = waiting.lock().unwrap();
            waiting.error = Some(error.kind());
            wake(&mut waiting.writer);
            return;
        }
        sending.clear();
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl AsyncRead for Gathered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Gathered {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut waiting = self.waiting.lock().unwrap();
        if let Some(kind) = waiting.error {
            return Poll::Ready(Err(kind.into()));
        }
        if waiting.bytes.len() >= MOST {
            waiting.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        waiting.bytes.extend_from_slice(bytes);
        wake(&mut waiting.sender);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The connection ends with its process, so this does nothing.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
