//! Whole exchanges: the echo of every stream that the other end opens, and requests of this peer.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
};

use crate::{
    control::{Command, report},
    library::Accepted,
    session::Peer,
    stream::{echo, receive, send_payload},
};

impl Peer {
    /// Sends back all bytes on every stream, and reports each stream when it has ended. On a typed stream, the reply
    /// begins with the type.
    pub async fn serve(self: Arc<Peer>) {
        loop {
            let Accepted { typ, wire_id, io } = match self.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    report("served all", json!({ "error": error }));
                    return;
                }
            };
            tokio::spawn(async move {
                let (mut reading, mut writing) = tokio::io::split(io);
                if let Some(typ) = typ {
                    let _ = writing.write_all(&typ.to_be_bytes()).await;
                }
                let mut served = echo(&mut reading, &mut writing).await;
                served["wireId"] = json!(wire_id);
                served["type"] = json!(typ);
                report("served", served);
            });
        }
    }

    /// Opens streams, sends a request on each, and checks that the same bytes come back. On typed sessions, each stream
    /// has its number as its type, and the reply must begin with the type.
    pub async fn ask(self: &Arc<Peer>, command: &Command) -> Value {
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
        let (mut reading, mut writing) = tokio::io::split(stream.io);
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
        if let Some(error) = sent.error.as_ref().or(got.error.as_ref()) {
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
}
