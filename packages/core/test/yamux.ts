// The wire of Yamux, for tests that concern only this wire.

import type { Wire } from "@muxado/core";
import { wires } from "@muxado/testkit";

export const [, { wire: yamux }] = wires as [unknown, { wire: Wire }];
