// Tests the code that all servers of sessions share. An event emitter, whose events the test emits, stands in for the
// server that listens.

import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { handOver, startListening } from "./serving.ts";

class Listener extends EventEmitter {
  readonly asked: unknown[] = [];

  listen(options: unknown): void {
    this.asked.push(options);
  }
}

describe("a listener", () => {
  it("is asked to, and has begun when it says so", async () => {
    const listener = new Listener();
    let hasBegun = false;
    const starting = startListening(listener, { port: 7 }).then(() => (hasBegun = true));
    await Promise.resolve();
    expect(listener.asked).toEqual([{ port: 7 }]);
    expect(hasBegun).toBe(false);
    listener.emit("listening");
    await starting;
  });

  it("and cannot makes it known by its own error", async () => {
    const listener = new Listener();
    const starting = startListening(listener, {});
    const error = new Error("that port is taken");
    listener.emit("error", error);
    await expect(starting).rejects.toBe(error);
  });

  it("and takes no such options rejects, too", async () => {
    const listener = new Listener();
    listener.listen = () => {
      throw new RangeError("no such port");
    };
    await expect(startListening(listener, {})).rejects.toThrow("no such port");
  });

  it("and is closed before makes it known", async () => {
    const listener = new Listener();
    const starting = startListening(listener, {});
    listener.emit("close");
    await expect(starting).rejects.toThrow("the server was closed before it listened");
  });

  it.each(["listening", "error", "close"])("is left alone after its %s", async (event) => {
    const listener = new Listener();
    const starting = startListening(listener, {});
    listener.emit(event, new Error("any"));
    await starting.catch(() => undefined);
    expect(listener.eventNames()).toEqual([]);
  });
});

describe("a session that is handed over", () => {
  const ERROR = new Error("the application's mistake");

  it.each<[string, () => void | Promise<void>, unknown[]]>([
    ["lives on when its handler is through", () => undefined, []],
    ["lives on when its handler's promise resolves", () => Promise.resolve(), []],
    [
      "is destroyed with the error that its handler throws",
      () => {
        throw ERROR;
      },
      [ERROR],
    ],
    [
      "is destroyed with the reason that its handler rejects with",
      () => Promise.reject(ERROR),
      [ERROR],
    ],
  ])("%s", async (_what, handle, expected) => {
    const told: unknown[] = [];
    await handOver({ destroy: (error) => void told.push(error) }, handle);
    expect(told).toEqual(expected);
  });
});
