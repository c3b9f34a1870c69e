// @muxado/typed: streams that carry the type of their protocol.

export {
  type Routes,
  type ServeOptions,
  type StreamHandler,
  type TypedOpenOptions,
  type TypedOptions,
  TypedSession,
  TypedStream,
} from "./typed-session.ts";
