// @muxado/core/layers: for authors of adapters, of layers over sessions or streams, and of wires with their own timers.

export { LONGEST_DELAY } from "./base/clock.ts";
export { Deadlines } from "./base/deadlines.ts";
export { checkNumber } from "./base/numbers.ts";
export { Liveness, type Question } from "./liveness/liveness.ts";
export { Silence } from "./liveness/silence.ts";
export { checkOptions } from "./options.ts";
export { AcceptIterator, type AcceptPolicy, AcceptQueue } from "./receiving/accept-queue.ts";
export { contextBy } from "./seams/async-context.ts";
export { reportThrown, tell } from "./seams/observer.ts";
export { type Admit, closedBeforeListening, handOver, startListening } from "./seams/serving.ts";
export { isTransport } from "./seams/transport.ts";
