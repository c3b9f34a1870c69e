// @muxado/typed: streams that say which protocol they carry.

export {
  type Routes,
  type ServeOptions,
  type StreamHandler,
  type TypedOpenOptions,
  type TypedOptions,
  TypedSession,
  TypedStream,
} from "./typed-session.ts";
