//! The server of the workloads. Each stream has a task of its own.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use peers::io::Io;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use crate::{
    payload::{BulkReader, bulk_reply, reply_to},
    session::{Library, Opener, READ_LENGTH, half_close, read_first, read_to_end, write},
};

/// Listens on a free port, which it returns, and serves until the process ends.
pub async fn serve(library: impl Library, kind: &str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let kind = kind.to_owned();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            accept(&library, stream, &kind);
        }
    });
    port
}

fn accept<L: Library>(library: &L, stream: TcpStream, kind: &str) {
    let kept: Arc<Mutex<Vec<<L::Opener as Opener>::Stream>>> = Arc::default();
    match kind {
        "open" => library.accept(stream, kind, |stream| drop(tokio::spawn(open(stream)))),
        "bulk" => library.accept(stream, kind, |stream| drop(tokio::spawn(bulk(stream)))),
        "echo" => library.accept(stream, kind, |stream| drop(tokio::spawn(echo(stream)))),
        "idle" => library.accept(stream, kind, move |stream| {
            let kept = kept.clone();
            tokio::spawn(async move {
                let stream = idle(stream).await;
                kept.lock().unwrap().push(stream);
            });
        }),
        _ => panic!("unknown workload {kind}"),
    }
}

async fn open(mut stream: impl Io) {
    let body = read_to_end(&mut stream).await;
    write(&mut stream, &reply_to(&body)).await;
    half_close(&mut stream).await;
}

async fn bulk(mut stream: impl Io) {
    let mut bulk = BulkReader::default();
    let mut buffer = vec![0; READ_LENGTH];
    loop {
        match stream.read(&mut buffer).await.expect("a read") {
            0 => break,
            count => bulk.add(&buffer[..count]),
        }
    }
    write(&mut stream, &bulk_reply(bulk.length)).await;
    half_close(&mut stream).await;
}

async fn idle<S: Io>(mut stream: S) -> S {
    let body = read_first(&mut stream).await;
    write(&mut stream, &reply_to(&body)).await;
    stream
}

/// Bytes that the server copies at once.
const ECHO_LENGTH: usize = 64 * 1024;

/// Large buffers for reuse, so that a stream that echoes one byte need not make one.
static BUFFERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

async fn echo(mut stream: impl Io) {
    let spare = BUFFERS.lock().expect("no panic").pop();
    let mut buffer = spare.unwrap_or_else(|| vec![0; ECHO_LENGTH]);
    loop {
        match stream.read(&mut buffer).await.expect("a read") {
            0 => break,
            count => write(&mut stream, &buffer[..count]).await,
        }
    }
    BUFFERS.lock().expect("no panic").push(buffer);
    half_close(&mut stream).await;
}
