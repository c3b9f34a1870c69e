//! Payloads that are sent and come back: the writes of a worker of the echo workload, and the check of every byte.

use std::sync::Arc;

use peers::io::Io;
use tokio::io::{AsyncRead, AsyncReadExt, split};

use crate::session::{READ_LENGTH, half_close, write};

/// The length of the first bytes of a payload, of which each worker has its own copy. All workers share the rest.
const OWN_LENGTH: usize = 64 * 1024;

/// The longest write of a worker. The peers in JavaScript have the same.
const LONGEST_WRITE: usize = 1024 * 1024;

/// One worker. It sends payloads of one length, one after the other.
pub struct Echoer {
    body: Arc<Vec<u8>>,
    own: Vec<u8>,
    reading: Vec<u8>,
}

impl Echoer {
    pub fn new(body: Arc<Vec<u8>>) -> Echoer {
        Echoer {
            own: body[..body.len().min(OWN_LENGTH)].to_vec(),
            // One byte more than expected, to detect surplus bytes.
            reading: vec![0; (body.len() + 1).min(READ_LENGTH)],
            body,
        }
    }

    /// Sends the payload with number `n`, half-closes, and checks meanwhile the bytes that come back.
    pub async fn echo(&mut self, stream: impl Io, n: u64) {
        let numbered = self.own.len().min(size_of_val(&n));
        self.own[..numbered].copy_from_slice(&n.to_le_bytes()[..numbered]);
        let payload = Payload {
            n,
            own: &self.own,
            rest: &self.body[self.own.len()..],
        };
        let (mut receiving, mut sending) = split(stream);
        // Both halves run in one task, because the stream of the crate `yamux` remembers one waker for both.
        tokio::join!(
            async {
                write(&mut sending, payload.own).await;
                for part in payload.rest.chunks(LONGEST_WRITE) {
                    write(&mut sending, part).await;
                }
                half_close(&mut sending).await;
            },
            payload.receive(&mut receiving, &mut self.reading),
        );
    }
}

struct Payload<'a> {
    n: u64,
    own: &'a [u8],
    rest: &'a [u8],
}

impl Payload<'_> {
    async fn receive(&self, stream: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) {
        let mut length = 0;
        loop {
            let count = stream.read(buffer).await.expect("a read");
            if count == 0 {
                break;
            }
            self.compare(&buffer[..count], length);
            length += count;
        }
        let expected = self.own.len() + self.rest.len();
        assert!(
            length == expected,
            "{length} bytes of payload {} have come back of {expected}",
            self.n
        );
    }

    /// Checks that bytes equal those that were sent at an offset.
    fn compare(&self, mut got: &[u8], mut offset: usize) {
        for part in [self.own, self.rest] {
            if offset >= part.len() {
                offset -= part.len();
                continue;
            }
            let sent = &part[offset..part.len().min(offset + got.len())];
            assert!(
                &got[..sent.len()] == sent,
                "payload {} has come back with other bytes",
                self.n
            );
            (got, offset) = (&got[sent.len()..], 0);
        }
        assert!(
            got.is_empty(),
            "more bytes of payload {} have come back than were sent",
            self.n
        );
    }
}
