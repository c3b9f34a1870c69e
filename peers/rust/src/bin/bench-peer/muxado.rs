//! The crate `muxado`, with its default options, over TCP or over a gathered connection.

use muxado::{Accept, MuxadoAccept, MuxadoOpen, OpenClose, Session, SessionBuilder, Stream};
use peers::io::BoxedIo;
use tokio::net::TcpStream;

use crate::{
    session::{Library, Opener},
    transport::transport,
};

/// More than any workload holds open. With the default of 512, one stream too many makes the session stop reading
/// without an error. Closed streams may count among the 512.
const STREAM_LIMIT: usize = 1_000_000;

pub struct Muxado {
    pub is_tuned: bool,
}

impl Muxado {
    fn builder(&self, stream: TcpStream) -> SessionBuilder<BoxedIo> {
        // With a larger window, 64 streams that share the bulk are slower, and one stream is no faster.
        SessionBuilder::new(transport(stream, self.is_tuned)).stream_limit(STREAM_LIMIT)
    }
}

impl Library for Muxado {
    type Opener = MuxadoOpener;

    fn connect(&self, stream: TcpStream, _: &str) -> MuxadoOpener {
        let (open, _accept) = self.builder(stream).client().start().split();
        MuxadoOpener(open)
    }

    fn accept<H>(&self, stream: TcpStream, _: &str, handle: H)
    where
        H: Fn(Stream) + Send + Sync + 'static,
    {
        let (_open, accept) = self.builder(stream).server().start().split();
        tokio::spawn(accept_streams(accept, handle));
    }
}

async fn accept_streams(mut accept: MuxadoAccept, handle: impl Fn(Stream)) {
    while let Some(stream) = accept.accept().await {
        handle(stream);
    }
}

#[derive(Clone)]
pub struct MuxadoOpener(MuxadoOpen);

impl Opener for MuxadoOpener {
    type Stream = Stream;

    async fn open(&mut self) -> Stream {
        self.0.open().await.expect("a stream")
    }
}
