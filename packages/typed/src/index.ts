// @muxado/typed: streams that carry the type of their protocol.

export type { TypedOpenOptions, TypedOptions } from "./options.ts";
export {
  type Routes,
  type ServeOptions,
  type StreamHandler,
  TypedSession,
  TypedStream,
} from "./typed-session.ts";
