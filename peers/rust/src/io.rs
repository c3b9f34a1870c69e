//! The trait of everything that can be read and written: a stream of either library, and the transport.

use tokio::io::{AsyncRead, AsyncWrite};

/// `shutdown` half-closes.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

pub type BoxedIo = Box<dyn Io>;
