// @muxado/typed: streams that carry the type of their protocol.

export type { Routes, ServeOptions, StreamHandler } from "./router.ts";
export { type TypedOpenOptions, type TypedOptions, TypedSession } from "./typed-session.ts";
export { TypedStream } from "./typed-stream.ts";
