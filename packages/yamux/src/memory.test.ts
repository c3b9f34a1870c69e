// How much memory a peer can make us hold: no more than it sent, plus a little.

import { describeCodecMemory } from "@muxado/testkit/codec";
import { codec } from "../test/codec.ts";

describeCodecMemory(codec);
