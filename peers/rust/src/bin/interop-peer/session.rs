//! The commands of a peer for its session.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use muxado::heartbeat::HeartbeatCtl;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Mutex as AsyncMutex, time::Duration};
use tokio_util::sync::CancellationToken;

use crate::{
    control::Command,
    library::{self, Accepted, Accepting, Failure, Opening, session_closed},
    stream::OpenStream,
};

pub struct Peer {
    /// None once the session has been dropped.
    opening: AsyncMutex<Option<Opening>>,
    accepting: AsyncMutex<Option<Accepting>>,
    ended: CancellationToken,
    heartbeat: Mutex<Option<Arc<HeartbeatCtl>>>,
    pub is_typed: bool,
    streams: Mutex<HashMap<u64, Arc<OpenStream>>>,
}

impl Peer {
    pub async fn start(transport: TcpStream, role: &str, options: &Value) -> io::Result<Peer> {
        let (opening, accepting, heartbeat) = library::start(transport, role, options).await?;
        let is_typed = matches!(opening, Opening::Typed(_));
        Ok(Peer {
            opening: AsyncMutex::new(Some(opening)),
            accepting: AsyncMutex::new(Some(accepting)),
            ended: CancellationToken::new(),
            heartbeat: Mutex::new(heartbeat.map(Arc::new)),
            is_typed,
            streams: Mutex::new(HashMap::new()),
        })
    }

    pub async fn obey(self: &Arc<Peer>, command: &Command) -> Value {
        match command.verb() {
            "open" => {
                let opened = self.open(command.number("type") as u32).await;
                self.opened(opened)
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
            "beat" => self.beat().await,
            "setBeat" => {
                let control = self.heartbeat();
                control.set_interval(Duration::from_millis(command.number("interval")));
                control.set_tolerance(Duration::from_millis(command.number("tolerance")));
                json!({})
            }
            "memory" => json!({ "peak": peers::memory::peak() }),
            _ => {
                let key = command.number("stream");
                let stream = self.streams.lock().unwrap().get(&key).cloned();
                stream.expect("a stream of this peer").obey(command).await
            }
        }
    }

    fn heartbeat(&self) -> Arc<HeartbeatCtl> {
        let control = self.heartbeat.lock().unwrap().clone();
        control.expect("a session with a heartbeat")
    }

    async fn beat(&self) -> Value {
        let control = self.heartbeat();
        tokio::select! {
            biased;
            _ = self.ended.cancelled() => json!({ "ok": false, "microseconds": 0 }),
            beaten = control.beat() => json!({
                "ok": beaten.is_ok(),
                "microseconds": beaten.map_or(0, |latency| latency.as_micros() as u64),
            }),
        }
    }

    pub async fn open(&self, typ: u32) -> Result<Accepted, Failure> {
        match self.opening.lock().await.as_mut() {
            None => Err(session_closed()),
            Some(opening) => opening.open(typ).await,
        }
    }

    pub async fn accept(&self) -> Result<Accepted, Failure> {
        tokio::select! {
            biased;
            _ = self.ended.cancelled() => Err(session_closed()),
            accepted = self.next_inbound() => accepted,
        }
    }

    async fn next_inbound(&self) -> Result<Accepted, Failure> {
        match self.accepting.lock().await.as_mut() {
            None => Err(session_closed()),
            Some(accepting) => accepting.accept().await,
        }
    }

    fn opened(&self, stream: Result<Accepted, Failure>) -> Value {
        match stream {
            Err(error) => json!({ "error": error }),
            Ok(Accepted { typ, wire_id, io }) => {
                let mut streams = self.streams.lock().unwrap();
                let key = streams.len() as u64 + 1;
                streams.insert(key, Arc::new(OpenStream::new(io)));
                json!({ "stream": key, "wireId": wire_id, "type": typ })
            }
        }
    }

    async fn go_away(&self, command: &Command) -> Value {
        let text = command.text("text").to_owned();
        let closed = match self.opening.lock().await.as_mut() {
            None => Err(session_closed()),
            Some(opening) => opening.close(command.number("code"), text).await,
        };
        match closed {
            Ok(()) => json!({}),
            Err(error) => json!({ "error": error }),
        }
    }

    /// muxado ends a session when all its parts have been dropped. yamux ends it when the application closes it.
    async fn end(&self) -> Value {
        if let Some(Opening::Yamux(opening)) = self.opening.lock().await.as_mut() {
            let _ = opening.close().await;
        }
        self.ended.cancel();
        let streams = std::mem::take(&mut *self.streams.lock().unwrap());
        for stream in streams.values() {
            stream.close().await;
        }
        self.heartbeat.lock().unwrap().take();
        self.opening.lock().await.take();
        self.accepting.lock().await.take();
        json!({})
    }
}
