// @muxado/typed: streams that say which protocol they carry.

export type { Routes, ServeOptions, StreamHandler } from "./router.ts";
export { type TypedOpenOptions, type TypedOptions, TypedSession } from "./typed-session.ts";
export { TypedStream } from "./typed-stream.ts";
