//! The interface that both libraries share, and steps of both sides over it.

use peers::io::Io;
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use crate::payload::MESSAGE_LENGTH;

/// Bytes that a long transfer reads at once. The Go peers have the same.
pub const READ_LENGTH: usize = 256 * 1024;

/// Opens streams; each worker has a clone of its own.
pub trait Opener: Clone + Send + 'static {
    type Stream: Io;
    fn open(&mut self) -> impl Future<Output = Self::Stream> + Send;
}

pub trait Library: Send + 'static {
    type Opener: Opener;
    /// Starts the session of a client.
    fn connect(&self, stream: TcpStream, kind: &str) -> Self::Opener;
    /// Starts the session of a server; `handle` gets its streams until the client ends.
    fn accept<H>(&self, stream: TcpStream, kind: &str, handle: H)
    where
        H: Fn(<Self::Opener as Opener>::Stream) + Send + Sync + 'static;
}

/// Reads the only message of a stream. Its sender then half-closes the stream.
pub async fn read_to_end(stream: &mut impl Io) -> Vec<u8> {
    // One byte more than expected, to detect surplus bytes.
    let mut body = vec![0; MESSAGE_LENGTH + 1];
    let mut length = 0;
    loop {
        let count = stream.read(&mut body[length..]).await.expect("a read");
        length += count;
        // The check finds a body that is too long.
        if count == 0 || length == body.len() {
            body.truncate(length);
            return body;
        }
    }
}

/// Reads the first message of a stream that stays open.
pub async fn read_first(stream: &mut impl Io) -> Vec<u8> {
    let mut body = vec![0; MESSAGE_LENGTH];
    stream.read_exact(&mut body).await.expect("a message");
    body
}

pub async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    stream.write_all(bytes).await.expect("a write");
}

pub async fn half_close(stream: &mut (impl AsyncWrite + Unpin)) {
    stream.shutdown().await.expect("a half-close");
}
