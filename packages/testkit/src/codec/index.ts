// @muxado/testkit/codec: the suite of codecs, for the tests of a package that has a codec. It runs on Node.

export { type Codec } from "./codec.ts";
export { describeCodecMemory, growth } from "./memory.ts";
export { namedFlags } from "./recorder.ts";
export { fc } from "./seed.ts";
export { describeCodec } from "./suite.ts";
export { toHex, type Vector, withVerdict } from "./vectors.ts";
