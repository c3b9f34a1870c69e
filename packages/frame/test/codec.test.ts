// The suite of codecs, run over this codec. Tests that only this codec needs are beside its source.

import { describeCodec } from "@muxado/testkit/codec";
import { codec } from "./codec.ts";

describeCodec(codec);
