//! The library's session, with types and heartbeats or without: three kinds behind one face.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use muxado::{
    Accept, Error, MuxadoAccept, MuxadoOpen, OpenClose, Session, SessionBuilder,
    heartbeat::HeartbeatCtl,
    typed::{StreamType, Typed, TypedAccept, TypedOpenClose, TypedSession, TypedStream},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{heartbeat, stream::BoxedIo};

/// The half that opens streams and closes the session.
pub enum Opening {
    Plain(MuxadoOpen),
    Typed(Box<dyn TypedOpenClose + Send>),
}

/// The half that accepts streams.
pub enum Accepting {
    Plain(MuxadoAccept),
    Typed(Box<dyn TypedAccept + Send>),
}

/// A stream as it was accepted; the type is None unless streams carry one.
pub type Accepted = (Option<u32>, BoxedIo);

/// Starts the session that the options ask for.
pub async fn start(
    transport: TcpStream,
    role: &str,
    options: &Value,
) -> io::Result<(Opening, Accepting, Option<HeartbeatCtl>)> {
    let mut builder = SessionBuilder::new(transport);
    if let Some(limit) = options["streamLimit"].as_u64() {
        builder = builder.stream_limit(limit as usize);
    }
    if let Some(backlog) = options["backlog"].as_u64() {
        builder = builder.accept_queue_size(backlog as usize);
    }
    builder = match role {
        "client" => builder.client(),
        _ => builder.server(),
    };
    let session = builder.start();

    if options["heartbeat"].is_object() {
        let typed = Typed::new(session);
        let (beating, control) = heartbeat::start(typed, &options["heartbeat"]).await?;
        let (opening, accepting) = halves(beating);
        return Ok((opening, accepting, Some(control)));
    }
    if options["typed"] == json!(true) {
        let (opening, accepting) = halves(Typed::new(session));
        return Ok((opening, accepting, None));
    }
    let (open, accept) = session.split();
    Ok((Opening::Plain(open), Accepting::Plain(accept), None))
}

fn halves<S>(session: S) -> (Opening, Accepting)
where
    S: TypedSession,
    S::TypedOpen: Send + 'static,
    S::TypedAccept: Send + 'static,
{
    let (open, accept) = session.split_typed();
    (
        Opening::Typed(Box::new(open)),
        Accepting::Typed(Box::new(accept)),
    )
}

impl Opening {
    pub async fn open(&mut self, typ: u32) -> Result<BoxedIo, Error> {
        match self {
            Opening::Plain(open) => Ok(Box::new(open.open().await?)),
            Opening::Typed(open) => {
                let stream = open.open_typed(StreamType::clamp(typ)).await?;
                Ok(Box::new(TypedIo(stream)))
            }
        }
    }

    pub async fn close(&mut self, error: Error, text: String) -> Result<(), Error> {
        match self {
            Opening::Plain(open) => open.close(error, text).await,
            Opening::Typed(open) => open.close(error, text).await,
        }
    }
}

impl Accepting {
    pub async fn accept(&mut self) -> Result<Accepted, Error> {
        match self {
            Accepting::Plain(accept) => {
                let stream = accept.accept().await.ok_or(Error::SessionClosed)?;
                Ok((None, Box::new(stream)))
            }
            Accepting::Typed(accept) => {
                let stream = accept.accept_typed().await?;
                Ok((Some(*stream.typ()), Box::new(TypedIo(stream))))
            }
        }
    }
}

/// A typed stream can be read and written only through a reference to the stream inside.
struct TypedIo(TypedStream);

impl AsyncRead for TypedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TypedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}
