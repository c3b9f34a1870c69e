//! The peers of the benchmark that are written in Rust: one process of one of them, a server, or the client of
//! the one on a given port.
//!
//!     bench-peer <name of the peer> <kind of workload> [port]
//!
//! It does what its parent asks (parent.rs), in the way of bench/src/process.ts, and ends with it. Whatever
//! goes wrong ends it at once, so that no figure comes out of a broken run: `panic = "abort"`.

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

/// A thread for each processor, as `#[tokio::main]` has; or one, so that tasks need not be handed over.
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
    // At once: nobody is interested any more in how streams end.
    process::exit(0);
}
