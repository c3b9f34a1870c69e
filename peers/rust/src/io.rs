//! What can be read and written: a stream of either library's, and the connection below.

use tokio::io::{AsyncRead, AsyncWrite};

/// `shutdown` ends its own direction.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

pub type BoxedIo = Box<dyn Io>;
