//! The peers of the benchmark in Rust. One process runs one peer: a server, or the client of the server on a given
//! port.
//!
//!     bench-peer <name of the peer> <kind of workload> [port]
//!
//! It does the tasks of its parent (parent.rs) in the way of bench/src/process.ts, and ends with its parent. Any
//! failure ends it at once, so that a broken run gives no figure: `panic = "abort"`.

mod client;
mod echo;
mod memory;
mod muxado;
mod parent;
mod payload;
mod server;
mod session;
mod transport;
mod yamux;

use std::{env, process};

use tokio::runtime::{Builder, Runtime};

use crate::{
    client::Client,
    parent::{Answer, Parent},
    session::Library,
};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (name, kind, port) = match arguments.as_slice() {
        [name, kind] => (name, kind, None),
        [name, kind, port] => (name, kind, Some(port.parse().expect("a port"))),
        _ => panic!("usage: bench-peer <name of the peer> <kind of workload> [port]"),
    };
    let (library, is_tuned) = match name.strip_suffix("-tuned") {
        Some(library) => (library, true),
        None => (name.as_str(), false),
    };
    match library {
        "rust-muxado" => run(muxado::Muxado { is_tuned }, runtime(is_tuned), kind, port),
        "rust-yamux" => run(yamux::Yamux { is_tuned }, runtime(is_tuned), kind, port),
        _ => panic!("there is no peer {name}"),
    }
}

/// One thread for each processor, as `#[tokio::main]` has. A tuned peer has one thread, so that tasks need not move
/// between threads.
fn runtime(is_tuned: bool) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    if is_tuned {
        builder.worker_threads(1);
    }
    builder.enable_all().build().expect("a runtime")
}

fn run(library: impl Library, runtime: Runtime, kind: &str, port: Option<u16>) {
    let mut parent = Parent::new();
    match port {
        None => {
            let port = runtime.block_on(server::serve(library, kind));
            parent.tell(Answer::Port(port));
            while parent.next().is_some() {
                parent.tell(Answer::Memory(memory::in_use()));
            }
        }
        Some(port) => {
            let mut client = runtime.block_on(Client::connect(library, kind, port));
            parent.tell(Answer::Port(port));
            while let Some(task) = parent.next() {
                let answer = runtime.block_on(client.perform(task));
                parent.tell(answer);
            }
        }
    }
    // Exits at once, because the end of the streams no longer matters.
    process::exit(0);
}
