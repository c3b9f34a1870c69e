//! The parts that the peers in Rust share: payload, memory, the traits for reading and writing, and the connection of
//! the crate `yamux`.

pub mod io;
pub mod memory;
pub mod payload;
pub mod yamux;
