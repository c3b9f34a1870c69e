// The suite of codecs: what every codec does, on every wire. It knows what codecs have in common only; the numbers and
// samples of one are in its description. The decoders themselves share nothing, for they are a hot path.

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
