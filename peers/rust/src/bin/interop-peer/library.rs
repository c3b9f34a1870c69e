//! The parts of a session, of muxado with or without types and heartbeats, or of yamux: four kinds behind one
//! interface.

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
use peers::io::BoxedIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{heartbeat, yamux};

/// The half that opens streams and closes the session.
pub enum Opening {
    Plain(MuxadoOpen),
    Typed(Box<dyn TypedOpenClose + Send>),
    Yamux(yamux::Opening),
}

/// The half that accepts streams.
pub enum Accepting {
    Plain(MuxadoAccept),
    Typed(Box<dyn TypedAccept + Send>),
    Yamux(yamux::Accepting),
}

/// A stream as it was opened or accepted.
pub struct Accepted {
    /// None if streams carry no type.
    pub typ: Option<u32>,
    /// None from muxado, which does not reveal it.
    pub wire_id: Option<u32>,
    pub io: BoxedIo,
}

impl Accepted {
    fn of_muxado(typ: Option<u32>, io: BoxedIo) -> Accepted {
        Accepted {
            typ,
            wire_id: None,
            io,
        }
    }
}

/// The fields of a library's error.
pub type Failure = Value;

fn failure(error: Error) -> Failure {
    json!({ "code": error as u32, "text": error.to_string() })
}

pub fn session_closed() -> Failure {
    failure(Error::SessionClosed)
}

/// Starts the session that the options ask for.
pub async fn start(
    transport: TcpStream,
    role: &str,
    options: &Value,
) -> io::Result<(Opening, Accepting, Option<HeartbeatCtl>)> {
    if options["wire"] == json!("yamux") {
        let (opening, accepting) = yamux::start(transport, role, options);
        return Ok((Opening::Yamux(opening), Accepting::Yamux(accepting), None));
    }
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
    pub async fn open(&mut self, typ: u32) -> Result<Accepted, Failure> {
        match self {
            Opening::Plain(open) => {
                let stream = open.open().await.map_err(failure)?;
                Ok(Accepted::of_muxado(None, Box::new(stream)))
            }
            Opening::Typed(open) => {
                let opened = open.open_typed(StreamType::clamp(typ)).await;
                let stream = TypedIo(opened.map_err(failure)?);
                Ok(Accepted::of_muxado(None, Box::new(stream)))
            }
            Opening::Yamux(open) => open.open().await,
        }
    }

    /// Closes the session. The libraries have no other way to go away.
    pub async fn close(&mut self, code: u64, text: String) -> Result<(), Failure> {
        let error = match code {
            0 => Error::None,
            _ => Error::Internal,
        };
        match self {
            Opening::Plain(open) => open.close(error, text).await.map_err(failure),
            Opening::Typed(open) => open.close(error, text).await.map_err(failure),
            Opening::Yamux(open) => open.close().await,
        }
    }
}

impl Accepting {
    pub async fn accept(&mut self) -> Result<Accepted, Failure> {
        match self {
            Accepting::Plain(accept) => {
                let stream = accept.accept().await.ok_or_else(session_closed)?;
                Ok(Accepted::of_muxado(None, Box::new(stream)))
            }
            Accepting::Typed(accept) => {
                let stream = accept.accept_typed().await.map_err(failure)?;
                let typ = *stream.typ();
                Ok(Accepted::of_muxado(Some(typ), Box::new(TypedIo(stream))))
            }
            Accepting::Yamux(accept) => accept.accept().await,
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
