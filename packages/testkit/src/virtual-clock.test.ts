import { describe, expect, it } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

describe("a virtual clock", () => {
  it("fires what falls due, in order of time and then of setting", () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(() => fired.push(`late at ${clock.now()}`), 20);
    clock.setTimer(() => fired.push(`first at ${clock.now()}`), 10);
    clock.setDelivery(() => fired.push(`second at ${clock.now()}`), 10);
    clock.advance(15);
    expect(fired).toEqual(["first at 10", "second at 10"]);
    expect(clock.now()).toBe(15);
    clock.advance(5);
    expect(fired).toEqual(["first at 10", "second at 10", "late at 20"]);
  });

  it("fires what is set on the way, if it falls due on the way", () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    clock.setTimer(() => clock.setTimer(() => fired.push(clock.now()), 5), 5);
    clock.advance(10);
    expect(fired).toEqual([10]);
  });

  it("forgets what is cancelled, and does not mind when that comes late or twice", () => {
    const clock = new VirtualClock();
    let fired = 0;
    const timer = clock.setTimer(() => fired++, 5);
    const other = clock.setTimer(() => fired++, 5);
    timer.cancel();
    clock.advance(10);
    other.cancel();
    other.cancel();
    expect(fired).toBe(1);
  });

  it("lists timers that are left, but not deliveries, for which it waits separately", () => {
    const clock = new VirtualClock();
    clock.setTimer(() => {}, 7);
    clock.setTimer(() => {}, 3);
    const delivery = clock.setDelivery(() => {}, 1);
    expect(clock.timers.map(({ due }) => due)).toEqual([3, 7]);
    expect(clock.delivering).toBe(true);
    delivery.cancel();
    expect(clock.delivering).toBe(false);
    expect(clock.nextDue).toBe(3);
    expect([clock.runNext(), clock.runNext(), clock.runNext()]).toEqual([true, true, false]);
  });
});
