//! The commands of a peer for one stream.

use std::{future::poll_fn, io, pin::pin, time::Duration};

use peers::{io::BoxedIo, payload::Generator};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::Mutex,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::{
    control::{Command, report},
    digest::{Digest, error_fields, from_hex, hex},
};

/// One stream. Reads and writes run concurrently. The library closes a stream when both halves are dropped, so a
/// command that uses a half must first release it.
pub struct OpenStream {
    reading: Mutex<Option<ReadHalf<BoxedIo>>>,
    writing: Mutex<Option<WriteHalf<BoxedIo>>>,
    dropped: CancellationToken,
}

impl OpenStream {
    pub fn new(stream: BoxedIo) -> OpenStream {
        let (reading, writing) = tokio::io::split(stream);
        OpenStream {
            reading: Mutex::new(Some(reading)),
            writing: Mutex::new(Some(writing)),
            dropped: CancellationToken::new(),
        }
    }

    pub async fn obey(&self, command: &Command) -> Value {
        // When a stream is dropped, muxado closes it. yamux resets it if it is open in both directions.
        if matches!(command.verb(), "close" | "reset") {
            return self.close().await;
        }
        tokio::select! {
            biased;
            _ = self.dropped.cancelled() => gone(),
            answer = announcing(command, self.perform(command)) => answer,
        }
    }

    pub async fn close(&self) -> Value {
        self.dropped.cancel();
        self.reading.lock().await.take();
        self.writing.lock().await.take();
        json!({})
    }

    async fn perform(&self, command: &Command) -> Value {
        match command.verb() {
            "write" => {
                let mut writing = self.writing.lock().await;
                write(writing.as_mut().unwrap(), command).await.fields()
            }
            "closeWrite" => {
                let mut writing = self.writing.lock().await;
                answer_to(writing.as_mut().unwrap().shutdown().await)
            }
            "read" => {
                let mut reading = self.reading.lock().await;
                let max = command.number("max") as usize;
                read_once(reading.as_mut().unwrap(), max).await
            }
            "receive" => {
                let mut reading = self.reading.lock().await;
                receive(reading.as_mut().unwrap(), command).await.fields()
            }
            "echo" => {
                let mut reading = self.reading.lock().await;
                let mut writing = self.writing.lock().await;
                echo(reading.as_mut().unwrap(), writing.as_mut().unwrap()).await
            }
            unknown => panic!("unknown command {unknown}"),
        }
    }
}

/// If the command asks for it, reports when the command waits for the first time.
async fn announcing(command: &Command, performing: impl Future<Output = Value>) -> Value {
    let mut performing = pin!(performing);
    let mut is_told = !command.flag("announce");
    poll_fn(|cx| {
        let polled = performing.as_mut().poll(cx);
        if polled.is_pending() && !is_told {
            is_told = true;
            report(
                "waiting",
                json!({ "stream": command.number("stream"), "do": command.verb() }),
            );
        }
        polled
    })
    .await
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), command: &Command) -> Digest {
    let bytes = from_hex(command.text("hex"));
    if bytes.is_empty() {
        return send_payload(stream, command).await;
    }
    let mut sent = Digest::new();
    match stream.write_all(&bytes).await {
        Ok(()) => sent.add(&bytes),
        Err(error) => sent.error = Some(error),
    }
    sent
}

/// Writes so many bytes of payload, and returns how many it wrote.
pub async fn send_payload(stream: &mut (impl AsyncWrite + Unpin), command: &Command) -> Digest {
    let bytes = command.number("bytes");
    let mut payload = Generator(command.number("seed") as u32);
    let mut sent = Digest::new();
    let mut buffer = vec![0; piece_of(command)];
    while sent.length < bytes {
        let length = buffer.len().min((bytes - sent.length) as usize);
        let chunk = &mut buffer[..length];
        payload.fill(chunk);
        if let Err(error) = stream.write_all(chunk).await {
            sent.error = Some(error);
            break;
        }
        sent.add(chunk);
        pause(command).await;
    }
    sent
}

async fn read_once(stream: &mut (impl AsyncRead + Unpin), max: usize) -> Value {
    let mut buffer = vec![0; max];
    match stream.read(&mut buffer).await {
        Ok(0) => json!({ "hex": "", "end": "clean" }),
        Ok(length) => json!({ "hex": hex(&buffer[..length]) }),
        Err(error) => json!({ "hex": "", "end": error_fields(&error) }),
    }
}

/// Reads until the stream ends, cleanly or with an error. Pauses after each piece.
pub async fn receive(stream: &mut (impl AsyncRead + Unpin), command: &Command) -> Digest {
    let mut got = Digest::new();
    let mut buffer = vec![0; piece_of(command)];
    let mut since_pause = 0;
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => break,
            Ok(length) => {
                got.add(&buffer[..length]);
                since_pause += length;
            }
            Err(error) => {
                got.error = Some(error);
                break;
            }
        }
        if since_pause >= buffer.len() {
            since_pause = 0;
            pause(command).await;
        }
    }
    got
}

/// Sends back all bytes until the end, and then half-closes.
pub async fn echo(
    reading: &mut (impl AsyncRead + Unpin),
    writing: &mut (impl AsyncWrite + Unpin),
) -> Value {
    let mut got = Digest::new();
    let mut buffer = vec![0; 64 * 1024];
    let copied: io::Result<()> = async {
        loop {
            let length = reading.read(&mut buffer).await?;
            if length == 0 {
                return writing.shutdown().await;
            }
            got.add(&buffer[..length]);
            writing.write_all(&buffer[..length]).await?;
        }
    }
    .await;
    got.error = copied.err();
    got.fields()
}

fn piece_of(command: &Command) -> usize {
    match command.number("piece") {
        0 => 64 * 1024,
        piece => piece as usize,
    }
}

async fn pause(command: &Command) {
    let milliseconds = command.number("pause");
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds)).await;
    }
}

fn answer_to(result: io::Result<()>) -> Value {
    match result {
        Ok(()) => json!({}),
        Err(error) => json!({ "error": error_fields(&error) }),
    }
}

fn gone() -> Value {
    json!({ "error": { "code": null, "text": "the stream was dropped here" } })
}
