//! The Rust peers of the interop runner: the `muxado` and `yamux` crates under one remote control.
//!
//!     interop-peer <scenario> server|client <host:port> [options as JSON]
//!
//! It makes one connection, runs one session over it, performs the commands on its standard input (control.rs), and
//! ends when that input ends, so that no process outlives the runner. The name of the scenario is a label for readers
//! of the list of processes.

mod control;
mod digest;
mod exchange;
mod heartbeat;
mod library;
mod session;
mod stream;
mod yamux;

use std::{env, io, sync::Arc};

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::{control::report, session::Peer};

#[tokio::main(worker_threads = 2)]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let [_, _scenario, role, address, ..] = arguments.as_slice() else {
        return Err(io::Error::other(
            "usage: interop-peer <scenario> server|client <host:port> [options]",
        ));
    };
    let options: Value = match arguments.get(4) {
        Some(text) => serde_json::from_str(text)?,
        None => json!({}),
    };
    // It reads commands before it connects, because the runner may end before any side connects.
    let commands = control::read_commands();
    let transport = connect(role, address).await?;
    transport.set_nodelay(true)?;
    report("connected", json!({}));
    let peer = Arc::new(Peer::start(transport, role, &options).await?);
    control::obey(commands, peer).await;
    Ok(())
}

async fn connect(role: &str, address: &str) -> io::Result<TcpStream> {
    if role == "client" {
        return TcpStream::connect(address).await;
    }
    let listener = TcpListener::bind(address).await?;
    report(
        "listening",
        json!({ "port": listener.local_addr()?.port() }),
    );
    Ok(listener.accept().await?.0)
}
