// @muxado/node: muxado sessions over TCP, TLS, Unix sockets and any Duplex of Node.

export { attach, type AttachOptions, type NodePair, transportOf } from "./attach.ts";
export type { BusyPollOptions } from "./busy-poll.ts";
export type { SessionCloseMessage, SessionOpenMessage, StreamMessage } from "./channels.ts";
export { createConnection, type ConnectionOptions, StreamSocket } from "./create-connection.ts";
export { StreamDuplex, toDuplex } from "./duplex.ts";
export {
  connector,
  type ConnectionServer,
  type ConnectorOptions,
  SecureSessionAgent,
  serveHttp,
  type ServeHttpOptions,
  SessionAgent,
} from "./http.ts";
export { relay } from "./relay.ts";
export type { StreamOpener, StreamSource } from "./source.ts";
export { type DuplexOptions, StreamConnection } from "./stream-connection.ts";
export { connect, type ConnectOptions, dial, type DialOptions } from "./connect.ts";
export {
  createServer,
  type ListenOptions,
  Server,
  type ServerOptions,
  type SessionHandler,
} from "./server.ts";
export type { DuplexLike, ReadableLike, WritableLike } from "./stream-like.ts";
