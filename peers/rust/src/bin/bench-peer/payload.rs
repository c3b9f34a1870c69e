//! The bytes that travel, and the check of every byte: bench/src/payload.ts in Rust.

use std::sync::LazyLock;

use peers::payload::Generator;

pub const MESSAGE_LENGTH: usize = 64;

pub type Message = [u8; MESSAGE_LENGTH];

/// Steps from byte to byte. They differ, so that a reply is never equal to a request.
const REQUEST_STEP: usize = 7;
const REPLY_STEP: usize = 13;

pub fn request(n: u32) -> Message {
    message(n, REQUEST_STEP)
}

/// Checks a request and returns the reply to it.
pub fn reply_to(body: &[u8]) -> Message {
    let Some(number) = body.first_chunk() else {
        panic!(
            "{} bytes have arrived instead of {MESSAGE_LENGTH}",
            body.len()
        );
    };
    let n = u32::from_le_bytes(*number);
    check(body, n, REQUEST_STEP);
    message(n, REPLY_STEP)
}

/// Checks the reply to the request with number `n`.
pub fn check_reply(body: &[u8], n: u32) {
    check(body, n, REPLY_STEP);
}

/// The reply to a bulk transfer. It holds the number of received bytes.
pub fn bulk_reply(length: usize) -> Message {
    message(length as u32, REPLY_STEP)
}

fn message(n: u32, step: usize) -> Message {
    let mut body = [0; MESSAGE_LENGTH];
    body[..4].copy_from_slice(&n.to_le_bytes());
    let seed = folded(n);
    for (at, byte) in body.iter_mut().enumerate().skip(4) {
        *byte = (seed + at * step) as u8;
    }
    body
}

fn check(body: &[u8], n: u32, step: usize) {
    assert!(
        body == message(n, step),
        "message {n} has arrived as {body:?}"
    );
}

/// One byte that depends on every bit of `n`.
fn folded(n: u32) -> usize {
    ((n ^ (n >> 8) ^ (n >> 16) ^ (n >> 24)) & 0xff) as usize
}

const PERIOD: usize = 65_521;
const LONGEST_CHUNK: usize = 1024 * 1024;

/// The bulk bytes. They repeat after `PERIOD`, and are long enough for a chunk from any offset.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut period = vec![0; PERIOD];
    Generator(1).fill(&mut period);
    period
        .iter()
        .copied()
        .cycle()
        .take(PERIOD + LONGEST_CHUNK)
        .collect()
});

/// The chunk of a bulk transfer that starts at `offset`.
pub fn bulk_chunk(offset: usize, length: usize) -> &'static [u8] {
    let start = offset % PERIOD;
    &PATTERN[start..start + length]
}

/// The same pattern in any length.
pub fn bulk_bytes(length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let missing = length - bytes.len();
        bytes.extend_from_slice(&PATTERN[..missing.min(PERIOD)]);
    }
    bytes
}

/// Checks every byte of one bulk transfer on arrival.
#[derive(Default)]
pub struct BulkReader {
    pub length: usize,
}

impl BulkReader {
    pub fn add(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(LONGEST_CHUNK) {
            let expected = bulk_chunk(self.length, chunk.len());
            assert!(
                chunk == expected,
                "bulk bytes differ from offset {} on",
                self.length
            );
            self.length += chunk.len();
        }
    }
}
