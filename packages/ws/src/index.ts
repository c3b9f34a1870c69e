// @muxado/ws: muxado sessions over WebSocket, on any runtime. The server is in @muxado/ws/server.

export { attach, type AttachOptions, transportOf, type TransportOptions } from "./attach.ts";
export {
  connect,
  type ConnectOptions,
  dial,
  type DialOptions,
  type WebSocketConstructor,
} from "./connect.ts";
export type { WebSocketEvent, WebSocketLike } from "./web-socket.ts";
