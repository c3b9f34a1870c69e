// @muxado/ws/server: muxado sessions from the upgrades of an HTTP server. Needs the `ws` package.

export type { ServerOptions } from "./options.ts";
export type { OriginCheck, Origins } from "./origin.ts";
export { createServer, type ListenOptions, Server, type SessionHandler } from "./server.ts";
export { answerPings, type PingedSocket, socketOptions } from "./socket-limits.ts";
