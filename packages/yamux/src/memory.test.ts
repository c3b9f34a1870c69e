// What a peer can make us hold: never more than it sent, and little more than that.

import { describeCodecMemory } from "@muxado/testkit/codec";
import { codec } from "../test/codec.ts";

describeCodecMemory(codec);
