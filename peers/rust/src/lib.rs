//! What the peers in Rust share: payload, memory, the traits of what they read and write, and the connection of the
//! crate `yamux`.

pub mod io;
pub mod memory;
pub mod payload;
pub mod yamux;
