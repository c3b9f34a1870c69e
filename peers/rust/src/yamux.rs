//! The connection of the crate `yamux`. It does nothing unless it is polled.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use futures::io::{AsyncRead, AsyncWrite};
use yamux::{Connection, ConnectionError, Result, Stream};

/// Opens a stream for each entry of `waiting`, and passes the result to `answer`. Passes the streams of the other side
/// to `accept`. Ready when the connection has ended, with the error if there is one.
pub fn poll_streams<T, W>(
    connection: &mut Connection<T>,
    waiting: &mut VecDeque<W>,
    cx: &mut Context<'_>,
    answer: impl Fn(W, Result<Stream>),
    accept: impl Fn(Stream),
) -> Poll<Option<ConnectionError>>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    while !waiting.is_empty() {
        let Poll::Ready(opened) = connection.poll_new_outbound(cx) else {
            break;
        };
        answer(waiting.pop_front().unwrap(), opened);
    }
    loop {
        match connection.poll_next_inbound(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(error)),
            Poll::Ready(Some(Ok(stream))) => accept(stream),
        }
    }
}
