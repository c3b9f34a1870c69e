//! The tasks of a client, measured as bench/src/process.ts measures them.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use crate::{
    echo::Echoer,
    memory,
    parent::{Answer, Task},
    payload::{Message, bulk_bytes, bulk_chunk, check_reply, request},
    session::{Library, Opener, half_close, read_first, read_to_end, write},
};

pub struct Client<O: Opener> {
    opener: O,
    /// The number of the next message. No number is used twice, not even in later rounds.
    messages: Arc<AtomicU32>,
    kept: Arc<Mutex<Vec<O::Stream>>>,
    /// The bytes that all payloads of echoes share. They are made once, because they may be long.
    body: Arc<Vec<u8>>,
}

impl<O: Opener> Client<O> {
    pub async fn connect(library: impl Library<Opener = O>, kind: &str, port: u16) -> Client<O> {
        let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
        let stream = connected.expect("a connection");
        Client {
            opener: library.connect(stream, kind),
            messages: Arc::default(),
            kept: Arc::default(),
            body: Arc::default(),
        }
    }

    pub async fn perform(&mut self, task: Task) -> Answer {
        match task {
            Task::Open { streams, seconds } => Answer::Rate(self.open_for(streams, seconds).await),
            Task::Bulk {
                streams,
                bytes,
                size,
            } => Answer::Rate(self.send_bulk(streams, bytes, size).await),
            Task::Hold { streams, count } => Answer::Rate(self.hold_more(streams, count).await),
            Task::Echo {
                streams,
                bytes,
                seconds,
            } => Answer::Rate(self.echo_for(streams, bytes, seconds).await),
            Task::Memory => Answer::Memory(memory::in_use()),
        }
    }

    async fn open_for(&self, streams: usize, seconds: f64) -> f64 {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        rate_of(streams, || {
            let (mut opener, messages) = (self.opener.clone(), self.messages.clone());
            async move {
                let mut done = 0;
                while Instant::now() < end {
                    let n = messages.fetch_add(1, Relaxed);
                    check_reply(&exchange(&mut opener, request(n)).await, n);
                    done += 1;
                }
                done
            }
        })
        .await
    }

    async fn send_bulk(&self, streams: usize, bytes: f64, size: usize) -> f64 {
        let length = (bytes / streams as f64).ceil() as usize;
        rate_of(streams, || {
            let mut opener = self.opener.clone();
            async move {
                check_reply(&upload(&mut opener, length, size).await, length as u32);
                length
            }
        })
        .await
    }

    async fn hold_more(&self, streams: usize, count: usize) -> f64 {
        let begun = Arc::new(AtomicUsize::new(0));
        rate_of(streams, || {
            let (mut opener, messages) = (self.opener.clone(), self.messages.clone());
            let (kept, begun) = (self.kept.clone(), begun.clone());
            async move {
                let mut done = 0;
                while begun.fetch_add(1, Relaxed) < count {
                    let n = messages.fetch_add(1, Relaxed);
                    let (stream, reply) = hold(&mut opener, request(n)).await;
                    check_reply(&reply, n);
                    kept.lock().unwrap().push(stream);
                    done += 1;
                }
                done
            }
        })
        .await
    }

    async fn echo_for(&mut self, streams: usize, bytes: usize, seconds: f64) -> f64 {
        if self.body.len() != bytes {
            self.body = Arc::new(bulk_bytes(bytes));
        }
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        rate_of(streams, || {
            let (mut opener, messages) = (self.opener.clone(), self.messages.clone());
            let mut echoer = Echoer::new(self.body.clone());
            async move {
                let mut done = 0;
                while done == 0 || Instant::now() < end {
                    let n = messages.fetch_add(1, Relaxed);
                    echoer.echo(opener.open().await, n.into()).await;
                    done += bytes;
                }
                done
            }
        })
        .await
    }
}

/// The sum of the results of concurrent workers, per second.
async fn rate_of<F>(workers: usize, work: impl Fn() -> F) -> f64
where
    F: Future<Output = usize> + Send + 'static,
{
    let start = Instant::now();
    let running: Vec<_> = (0..workers).map(|_| tokio::spawn(work())).collect();
    let mut sum = 0;
    for worker in running {
        sum += worker.await.expect("a worker");
    }
    sum as f64 / start.elapsed().as_secs_f64()
}

/// Opens a stream, sends the request, half-closes, and returns all bytes that come back.
async fn exchange(opener: &mut impl Opener, body: Message) -> Vec<u8> {
    let mut stream = opener.open().await;
    write(&mut stream, &body).await;
    half_close(&mut stream).await;
    read_to_end(&mut stream).await
}

/// Sends `length` bulk bytes in one stream, `size` in each write, half-closes, and returns all bytes that come back.
async fn upload(opener: &mut impl Opener, length: usize, size: usize) -> Vec<u8> {
    let mut stream = opener.open().await;
    for at in (0..length).step_by(size) {
        write(&mut stream, bulk_chunk(at, size.min(length - at))).await;
    }
    half_close(&mut stream).await;
    read_to_end(&mut stream).await
}

/// Opens a stream, sends the request, and returns the reply with the stream, which is still open.
async fn hold<O: Opener>(opener: &mut O, body: Message) -> (O::Stream, Vec<u8>) {
    let mut stream = opener.open().await;
    write(&mut stream, &body).await;
    let reply = read_first(&mut stream).await;
    (stream, reply)
}
