// Runs the shared suite for codecs over this codec. Tests of what only this codec has are beside their sources.

import { describeCodec } from "@muxado/testkit/codec";
import { codec } from "./codec.ts";

describeCodec(codec);
