// The suite of codecs: the behaviour of every codec, on every wire. It knows only the common facts of codecs. The
// numbers and samples of one codec are in its description. The decoders themselves share no code, because they are a
// hot path.

import type { Codec } from "./codec.ts";
import { describeEncoding } from "./encoding.ts";
import { describeFrameDecoding } from "./frame-decoding.ts";
import { describeVectors } from "./judging.ts";
import { describeMessages } from "./messages.ts";
import { describeProperties } from "./properties.ts";
import { describePushDecoding } from "./push-decoding.ts";
import { describePutting } from "./putting.ts";

/** Describes and tests a codec. Call it at the top of a test file. */
export function describeCodec(codec: Codec): void {
  describePutting(codec);
  describeEncoding(codec);
  describePushDecoding(codec);
  describeFrameDecoding(codec);
  describeVectors(codec);
  describeMessages(codec);
  describeProperties(codec);
}
