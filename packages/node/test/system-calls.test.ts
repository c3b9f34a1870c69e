// The system calls of a connection. Node gives no way to ask a socket for its options, so this test watches the binding
// of the system calls, which every connection uses.

import { connect } from "@muxado/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "./certificate.ts";
import { ask, dialSocket, echo, ending, HOST as host, serve, serveSockets } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const credentials = certificate([host]);

describe.each([
  ["TCP", {}, {}],
  ["TLS", { tls: credentials }, { tls: { ca: credentials.cert } }],
])("a connection over %s", (_, serverOptions, clientOptions) => {
  test("sends without delay on both sides", async () => {
    const setNoDelay = await watch("setNoDelay");
    const { port } = await serve(serverOptions, echo);
    const session = ending(await connect({ host, port, ...clientOptions }));
    expect(await ask(session, "hello")).toBe("hello");
    expect(new Set(setNoDelay.mock.contexts).size).toBe(2);
    expect(setNoDelay.mock.calls.flat()).not.toContain(false);
  });

  test("is kept alive by the system if the client asks for it", async () => {
    const setKeepAlive = await watch("setKeepAlive");
    const { port } = await serve(serverOptions, echo);
    ending(await connect({ host, port, ...clientOptions }));
    expect(setKeepAlive).not.toHaveBeenCalled();
    const socket = { keepAlive: true, keepAliveInitialDelay: 60_000 };
    ending(await connect({ host, port, ...clientOptions, socket }));
    expect(setKeepAlive).toHaveBeenCalledWith(true, 60);
  });
});

test("all output of a turn leaves in one system call, promise continuations included", async () => {
  const { port } = await serve({}, echo);
  const session = ending(await connect({ host, port }));
  const [writeBuffer, writev] = [await watch("writeBuffer"), await watch("writev")];
  async function say(): Promise<void> {
    const stream = session.open();
    await stream.write(new Uint8Array(1));
    // This body is passed by reference, so the system call has to gather it.
    void stream.write(new Uint8Array(10_000));
    await session.open().write(new Uint8Array(1));
  }
  // Runs in a callback of the event loop, where ticks come before continuations.
  setImmediate(() => void say());
  await new Promise(setImmediate);
  expect(writev).toHaveBeenCalledTimes(1);
  expect(writeBuffer).not.toHaveBeenCalled();
});

/** The prototype of the handles of all TCP sockets. */
type Binding = Record<
  "setNoDelay" | "setKeepAlive" | "writeBuffer" | "writev",
  (...args: unknown[]) => number
>;

async function watch(name: keyof Binding) {
  const socket = await dialSocket(await serveSockets((accepted) => accepted.resume()));
  const binding = Object.getPrototypeOf(
    (socket as unknown as { _handle: object })._handle,
  ) as Binding;
  const spy = vi.spyOn(binding, name);
  onTestFinished(() => spy.mockRestore());
  return spy;
}
