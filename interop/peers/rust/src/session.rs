//! What a peer can be told to do with its session.

use std::{
    collections::HashMap,
    fs, io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use muxado::{
    Accept, Error, MuxadoAccept, MuxadoOpen, OpenClose, Session, SessionBuilder,
    heartbeat::HeartbeatCtl,
    typed::{StreamType, Typed, TypedAccept, TypedOpenClose, TypedSession, TypedStream},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::{Mutex as AsyncMutex, Semaphore},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

use crate::{
    control::{Command, report},
    heartbeat,
    stream::{BoxedIo, OpenStream, echo, receive, send_payload},
};

enum Opening {
    Plain(MuxadoOpen),
    Typed(Box<dyn TypedOpenClose + Send>),
}

enum Accepting {
    Plain(MuxadoAccept),
    Typed(Box<dyn TypedAccept + Send>),
}

/// A stream as it was accepted; the type is None unless streams carry one.
type Accepted = (Option<u32>, BoxedIo);

pub struct Peer {
    /// None once the session has been dropped.
    opening: AsyncMutex<Option<Opening>>,
    accepting: AsyncMutex<Option<Accepting>>,
    ended: CancellationToken,
    heartbeat: Option<HeartbeatCtl>,
    is_typed: bool,
    streams: Mutex<HashMap<u64, Arc<OpenStream>>>,
}

impl Peer {
    pub async fn start(transport: TcpStream, role: &str, options: &Value) -> io::Result<Peer> {
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

        let mut control = None;
        let (opening, accepting) = if options["heartbeat"].is_object() {
            let (wrapped, beating) =
                heartbeat::start(Typed::new(session), &options["heartbeat"]).await?;
            control = Some(beating);
            let (open, accept) = wrapped.split_typed();
            (
                Opening::Typed(Box::new(open)),
                Accepting::Typed(Box::new(accept)),
            )
        } else if options["typed"] == json!(true) {
            let (open, accept) = Typed::new(session).split_typed();
            (
                Opening::Typed(Box::new(open)),
                Accepting::Typed(Box::new(accept)),
            )
        } else {
            let (open, accept) = session.split();
            (Opening::Plain(open), Accepting::Plain(accept))
        };
        let is_typed = matches!(opening, Opening::Typed(_));
        Ok(Peer {
            opening: AsyncMutex::new(Some(opening)),
            accepting: AsyncMutex::new(Some(accepting)),
            ended: CancellationToken::new(),
            heartbeat: control,
            is_typed,
            streams: Mutex::new(HashMap::new()),
        })
    }

    pub async fn obey(self: &Arc<Peer>, command: &Command) -> Value {
        match command.verb() {
            "open" => {
                let opened = self.open(command.number("type") as u32).await;
                self.opened(opened.map(|stream| (None, stream)))
            }
            "accept" => {
                let accepted = self.accept().await;
                self.opened(accepted)
            }
            "serve" => {
                tokio::spawn(self.clone().serve());
                json!({})
            }
            "ask" => self.ask(command).await,
            "goAway" => self.go_away(command).await,
            "end" => self.end().await,
            "beat" => match self.heartbeat.as_ref().unwrap().beat().await {
                Ok(latency) => json!({ "ok": true, "microseconds": latency.as_micros() as u64 }),
                Err(_) => json!({ "ok": false }),
            },
            "setBeat" => {
                let control = self.heartbeat.as_ref().unwrap();
                control.set_interval(Duration::from_millis(command.number("interval")));
                control.set_tolerance(Duration::from_millis(command.number("tolerance")));
                json!({})
            }
            "memory" => json!({ "peak": peak_memory() }),
            _ => {
                let key = command.number("stream");
                let stream = self.streams.lock().unwrap().get(&key).cloned();
                stream.expect("a stream of this peer").obey(command).await
            }
        }
    }

    async fn open(&self, typ: u32) -> Result<BoxedIo, Error> {
        match self.opening.lock().await.as_mut() {
            None => Err(Error::SessionClosed),
            Some(Opening::Plain(open)) => Ok(Box::new(open.open().await?)),
            Some(Opening::Typed(open)) => {
                let stream = open.open_typed(StreamType::clamp(typ)).await?;
                Ok(Box::new(TypedIo(stream)))
            }
        }
    }

    async fn accept(&self) -> Result<Accepted, Error> {
        tokio::select! {
            biased;
            _ = self.ended.cancelled() => Err(Error::SessionClosed),
            accepted = self.next_inbound() => accepted,
        }
    }

    async fn next_inbound(&self) -> Result<Accepted, Error> {
        match self.accepting.lock().await.as_mut() {
            None => Err(Error::SessionClosed),
            Some(Accepting::Plain(accept)) => {
                let stream = accept.accept().await.ok_or(Error::SessionClosed)?;
                Ok((None, Box::new(stream)))
            }
            Some(Accepting::Typed(accept)) => {
                let stream = accept.accept_typed().await?;
                Ok((Some(*stream.typ()), Box::new(TypedIo(stream))))
            }
        }
    }

    fn opened(&self, stream: Result<Accepted, Error>) -> Value {
        match stream {
            Err(error) => json!({ "error": session_error(error) }),
            Ok((typ, stream)) => {
                let mut streams = self.streams.lock().unwrap();
                let key = streams.len() as u64 + 1;
                streams.insert(key, Arc::new(OpenStream::new(stream)));
                // The library does not tell the number of a stream.
                json!({ "stream": key, "wireId": null, "type": typ })
            }
        }
    }

    /// Sends back whatever comes on every stream, and reports each when it is over. A typed stream is sent
    /// its type first.
    async fn serve(self: Arc<Peer>) {
        loop {
            let (typ, stream) = match self.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    report("served all", json!({ "error": session_error(error) }));
                    return;
                }
            };
            tokio::spawn(async move {
                let (mut reading, mut writing) = tokio::io::split(stream);
                if let Some(typ) = typ {
                    let _ = writing.write_all(&typ.to_be_bytes()).await;
                }
                let mut served = echo(&mut reading, &mut writing).await;
                served["wireId"] = json!(null);
                served["type"] = json!(typ);
                report("served", served);
            });
        }
    }

    /// Opens streams, sends a request on each, and checks that the same comes back. Typed ones use their
    /// number as their type, and expect it in front.
    async fn ask(self: &Arc<Peer>, command: &Command) -> Value {
        let count = command.number("count");
        let together = match command.number("together") {
            0 => count,
            together => together,
        };
        let turns = Arc::new(Semaphore::new(together as usize));
        let mut asking = Vec::new();
        for turn in 0..count {
            let request = json!({
                "bytes": command.number("bytes"),
                "seed": command.number("seed") + turn,
                "type": command.number("type") + turn,
            });
            let (peer, turns) = (self.clone(), turns.clone());
            asking.push(tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                peer.ask_once(&Command::of(request)).await
            }));
        }
        let mut wrong = Vec::new();
        for (turn, asked) in asking.into_iter().enumerate() {
            if let Err(problem) = asked.await.expect("asking does not panic") {
                wrong.push(format!("stream {turn}: {problem}"));
            }
        }
        json!({ "right": count - wrong.len() as u64, "wrong": wrong })
    }

    async fn ask_once(&self, command: &Command) -> Result<(), String> {
        let typ = command.number("type") as u32;
        let stream = self.open(typ).await.map_err(|error| error.to_string())?;
        let (mut reading, mut writing) = tokio::io::split(stream);
        if self.is_typed {
            let mut reply = [0; 4];
            reading
                .read_exact(&mut reply)
                .await
                .map_err(|error| error.to_string())?;
            if reply != typ.to_be_bytes() {
                return Err(format!("type {reply:?} instead of {typ}"));
            }
        }
        let nothing = Command::of(json!({}));
        let sending = async {
            let sent = send_payload(&mut writing, command).await;
            let _ = writing.shutdown().await;
            sent
        };
        let (sent, got) = tokio::join!(sending, receive(&mut reading, &nothing));
        for error in [&sent.error, &got.error].into_iter().flatten() {
            return Err(error.to_string());
        }
        if sent.sum() != got.sum() {
            return Err(format!(
                "{} bytes came back of {}, or others",
                got.length, sent.length
            ));
        }
        Ok(())
    }

    /// The library's only GOAWAY is the one that closes.
    async fn go_away(&self, command: &Command) -> Value {
        let error = match command.number("code") {
            0 => Error::None,
            _ => Error::Internal,
        };
        let text = command.text("text").to_owned();
        let closed = match self.opening.lock().await.as_mut() {
            None => Err(Error::SessionClosed),
            Some(Opening::Plain(open)) => open.close(error, text).await,
            Some(Opening::Typed(open)) => open.close(error, text).await,
        };
        match closed {
            Ok(()) => json!({}),
            Err(error) => json!({ "error": session_error(error) }),
        }
    }

    /// The library ends a session when all that belongs to it has been dropped.
    async fn end(&self) -> Value {
        self.ended.cancel();
        let streams = std::mem::take(&mut *self.streams.lock().unwrap());
        for stream in streams.values() {
            stream.close().await;
        }
        self.opening.lock().await.take();
        self.accepting.lock().await.take();
        json!({})
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

fn session_error(error: Error) -> Value {
    json!({ "code": error as u32, "text": error.to_string() })
}

/// The most that this process has had in memory, in bytes; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
