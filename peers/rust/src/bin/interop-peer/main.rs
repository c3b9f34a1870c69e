//! The Rust peers of the interop runner: the `muxado` and `yamux` crates behind one remote control.
//!
//!     interop-peer <scenario> server|client <host:port> [options as JSON]
//!
//! It makes one connection, runs one session over it, does what the lines of its standard input say
//! (control.rs), and ends with that input, so that nothing outlives the runner. The scenario's name is a
//! label for whoever looks at the list of processes.

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
    // At once: the runner may end before anybody connects.
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
