//! The digest of bytes that passed.

use std::io;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The digest of the bytes in one direction, and how that direction ended.
pub struct Digest {
    pub length: u64,
    hash: Sha256,
    /// None for a clean end.
    pub error: Option<io::Error>,
}

impl Digest {
    pub fn new() -> Digest {
        Digest {
            length: 0,
            hash: Sha256::new(),
            error: None,
        }
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub fn sum(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    pub fn fields(&self) -> Value {
        let end = match &self.error {
            None => json!("clean"),
            Some(error) => error_fields(error),
        };
        json!({ "bytes": self.length, "sha256": self.sum(), "end": end })
    }
}

/// The library wraps its own errors in those of the standard library.
pub fn error_fields(error: &io::Error) -> Value {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<muxado::Error>());
    json!({ "code": inner.map(|code| *code as u32), "text": error.to_string() })
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
