// The suite of codecs over this one. What no other codec has stands beside its source.

import { describeCodec } from "@muxado/testkit/codec";
import { codec } from "./codec.ts";

describeCodec(codec);
