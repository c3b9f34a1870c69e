// How long a question needs to reach the peer, and which events prove that the peer is alive. The tests set bytes and
// milliseconds by hand.

import { VirtualClock } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import type { SessionStats } from "../seams/statistics.ts";
import { Liveness, type Question } from "./liveness.ts";

const KIB = 1024;

/** A session that has only the counters that matter here. */
class Counting {
  readonly clock: VirtualClock = new VirtualClock();
  bytesReceived = 0;
  bytesSent = 0;
  bytesWritten = 0;
  bytesToSend = 0;
  bytesReturned = 0;
  openStreams = 1;

  stats(): SessionStats {
    const { bytesReceived, bytesSent, bytesWritten, bytesToSend, bytesReturned, openStreams } =
      this;
    return {
      bytesReceived,
      bytesSent,
      bytesWritten,
      bytesToSend,
      bytesReturned,
      openStreams,
      streamsOpened: 0,
      streamsReceived: 0,
      waitingForAccept: 0,
      framesReceived: 0,
      framesSent: 0,
      resetsReceived: {},
      resetsSent: {},
      memoryUnread: 0,
      memoryUnsent: 0,
      roundTrip: undefined,
    };
  }

  /** The transport takes this many bytes at once. */
  send(length: number): void {
    this.bytesSent += length;
    this.bytesWritten += length;
  }
}

/** Returns a session on a connection whose pace nothing has shown, and its liveness. */
function fresh(): { session: Counting; liveness: Liveness } {
  const session = new Counting();
  return { session, liveness: new Liveness(session, session.clock) };
}

/** The connection has carried this many bytes per second for 10 s, as an answer that has just come has shown. */
function shown(rate: number): { session: Counting; liveness: Liveness } {
  const { session, liveness } = fresh();
  session.clock.advance(9_000);
  session.send(10 * rate);
  const question = liveness.ask();
  session.clock.advance(1_000);
  question.answered();
  return { session, liveness };
}

describe("the delay of a question", () => {
  it("is nothing behind nothing", () => {
    expect(fresh().liveness.ask().delay).toBe(0);
  });

  it("is that of 64 kbit/s as long as nothing has shown a better line", () => {
    const { session, liveness } = fresh();
    session.send(256 * KIB);
    expect(liveness.ask().delay).toBe(32_000);
  });

  it("the delay counts bytes that wait for the transport and bytes that the transport has taken", () => {
    const { session, liveness } = fresh();
    session.send(8 * KIB);
    session.bytesSent += 16 * KIB;
    session.bytesToSend = 24 * KIB;
    expect(liveness.ask().delay).toBe(4_000);
  });

  it("is the same whenever that was sent: it may have been just now", () => {
    const { session, liveness } = fresh();
    session.send(256 * KIB);
    session.clock.advance(20_000);
    expect(liveness.ask().delay).toBe(32_000);
  });

  it("is at the pace that the last answer has shown", () => {
    const { session, liveness } = shown(1_000_000);
    session.send(500_000);
    expect(liveness.ask().delay).toBe(500);
  });

  it("of steady traffic that draws no credit is the time since the last question that was answered", () => {
    const { session, liveness } = shown(1_000_000);
    session.clock.advance(9_000);
    session.send(10_000_000);
    expect(liveness.ask().delay).toBe(10_000);
  });

  it("the delay counts only bytes that were sent after the last answered question", () => {
    const { session, liveness } = fresh();
    session.clock.advance(2_000);
    session.send(256 * KIB);
    const question = liveness.ask();
    session.send(8 * KIB);
    question.answered();
    const { delay } = liveness.ask();
    // At 128 KiB a second, as the answer has shown.
    expect(delay).toBeCloseTo(62.5);
  });

  it("a slower answer does not lower the assumed speed, because there may have been fewer bytes to send", () => {
    const { session, liveness } = shown(10);
    session.send(8 * KIB);
    expect(liveness.ask().delay).toBe(1_000);
  });

  it("returned credit makes the delay shorter, and raises the assumed speed", () => {
    const { session, liveness } = fresh();
    session.clock.advance(10_000);
    session.send(10_000 * KIB);
    session.bytesReturned += 9_128 * KIB;
    // 9 000 KiB have surely arrived in 10 s; 1 000 KiB may not have arrived.
    expect(liveness.ask().delay).toBeCloseTo((10_000 / 9_000) * 1_000);
  });

  it("credit that may belong to earlier bytes does not count", () => {
    const { session, liveness } = fresh();
    session.openStreams = 4;
    session.send(256 * KIB);
    session.bytesReturned += 512 * KIB;
    expect(liveness.ask().delay).toBe(32_000);
  });

  it("is five minutes at most", () => {
    const { session, liveness } = fresh();
    session.send(1e9);
    expect(liveness.ask().delay).toBe(300_000);
  });

  it("the first question of a running session counts bytes that may still be on their way", () => {
    const session = new Counting();
    session.send(1e9);
    expect(new Liveness(session, session.clock).ask().delay).toBe(32_000);
  });

  it("is not measured by questions that follow each other at once", () => {
    const { session, liveness } = fresh();
    session.clock.advance(9_000);
    session.send(10_000_000);
    const [one, other] = [liveness.ask(), liveness.ask()];
    session.clock.advance(1_000);
    one.answered();
    other.answered();
    session.send(500_000);
    expect(liveness.ask().delay).toBe(500);
  });
});

describe("a question that is given up, since the peer lives and does not answer", () => {
  it("counts as answered: the output in front of it has had its time", () => {
    const { session, liveness } = fresh();
    session.clock.advance(2_000);
    session.send(256 * KIB);
    const question = liveness.ask();
    session.clock.advance(question.patience(15_000));
    question.givenUp();
    expect(question.isAnswered).toBe(false);
    expect(liveness.ask().delay).toBe(0);
  });

  it("shows no pace", () => {
    const { session, liveness } = shown(1_000_000);
    session.clock.advance(1_000);
    session.send(10_000_000);
    liveness.ask().givenUp();
    session.send(8 * KIB);
    expect(liveness.ask().delay).toBe(1_000);
  });
});

describe("the patience with a question", () => {
  it("is the tolerance, as long as the delay is no more than half of it", () => {
    const { session, liveness } = fresh();
    expect(liveness.ask().patience(15_000)).toBe(15_000);
    session.send(60_000);
    expect(liveness.ask().patience(15_000)).toBe(15_000);
  });

  it("is half of the tolerance behind a longer delay", () => {
    const { session, liveness } = fresh();
    session.send(256 * KIB);
    expect(liveness.ask().patience(15_000)).toBe(32_000 + 7_500);
  });
});

describe("a sign of life", () => {
  function asked(): { session: Counting; question: Question } {
    const { session, liveness } = fresh();
    session.bytesReceived = 7;
    return { session, question: liveness.ask() };
  }

  it("is any byte that comes after the question", () => {
    const { session, question } = asked();
    expect(question.look()).toBe(false);
    session.bytesReceived++;
    expect(question.look()).toBe(true);
    expect(question.look()).toBe(true);
  });

  it("is a write that is under way at one look and done at a later one", () => {
    const { session, question } = asked();
    session.bytesSent += 1000;
    expect(question.look()).toBe(false);
    expect(question.look()).toBe(false);
    session.bytesWritten += 1000;
    expect(question.look()).toBe(true);
    expect(question.look()).toBe(true);
  });

  it("is such a write also if the next one is under way by then", () => {
    const { session, question } = asked();
    session.bytesSent += 1000;
    question.look();
    session.bytesWritten += 1000;
    session.bytesSent += 500;
    expect(question.look()).toBe(true);
  });

  it("a write that the transport takes between two looks is no sign of life, even after many such writes", () => {
    const { session, question } = asked();
    for (let look = 0; look < 100; look++) {
      session.send(1000);
      expect(question.look()).toBe(false);
    }
  });

  it("is no write that stays under way", () => {
    const { session, question } = asked();
    session.send(1000);
    session.bytesSent += 1000;
    for (let look = 0; look < 100; look++) expect(question.look()).toBe(false);
  });
});
