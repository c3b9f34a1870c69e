// @muxado/testkit: code that the tests of every package share. Private, never published.

export {
  type ConnectedSessions,
  type ConnectOptions,
  disposable,
  type SessionsUnderTest,
} from "./compliance/harness.ts";
export { type ClosingUnderTest, describeClosing, type Outcome } from "./closing/suite.ts";
export { describeSessions } from "./compliance/suite.ts";
export { stopCalendar } from "./calendar.ts";
export { concatenated, firstDifference, patternByte, patterned } from "./bytes.ts";
export {
  Direction,
  type DirectionOptions,
  type FaultKind,
  type Receiver,
  type Span,
} from "./direction.ts";
export { type Phrase, type Sign, wires, type WireUnderTest } from "./dialect.ts";
export {
  ack,
  brief,
  bytes,
  type Content,
  contentOf,
  data,
  fin,
  goAway,
  ping,
  pong,
  reset,
  syn,
  synFin,
  increment,
} from "./frames.ts";
export { type CaseFacts, type CaseOptions, runCase } from "./fuzz/case.ts";
export { type Fault } from "./fuzz/faults.ts";
export {
  type Finding,
  type FuzzOptions,
  fuzzSessions,
  type FuzzSummary,
  shortest,
} from "./fuzz/run.ts";
export { Link, LinkEnd, type LinkOptions } from "./link.ts";
export { type LinkClock, liveClock } from "./link-clock.ts";
export { type Account } from "./model/ledger.ts";
export { runSchedule, type ScheduleFacts, type ScheduleOptions } from "./model/schedule.ts";
export { connectedPair, Pair, type PairOptions, runningPair } from "./pair.ts";
export { Random } from "./random.ts";
export { PeerByHand, RawPeer, rawPeer, type RawPeerOptions } from "./raw-peer.ts";
export { elapse } from "./simulation/elapse.ts";
export { fairnessIndex, measureShares } from "./simulation/fairness.ts";
export {
  fillWindows,
  type MemoryFacts,
  type MemoryOptions,
  starveWriters,
} from "./simulation/memory.ts";
export {
  longestWait,
  measureRequests,
  type RequestOptions,
  type RequestTimes,
} from "./simulation/requests.ts";
export {
  measureThroughput,
  type ThroughputOptions,
  type ThroughputSample,
} from "./simulation/throughput.ts";
export { readAll, writeForEver } from "./simulation/traffic.ts";
export { hop, settle, Turns } from "./turns.ts";
export { uncaughtIn } from "./uncaught.ts";
export { type PendingTimer, VirtualClock } from "./virtual-clock.ts";
