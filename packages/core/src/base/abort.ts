// Listeners for abort signals: one listener for each signal, however many operations wait on it. An application may use
// one signal for thousands of operations. With so many listeners, a platform's event target is slow and warns.

import { TransientMap } from "./transient-map.ts";

/** An object that is told when a signal aborts. */
export interface AbortTarget {
  /** Called when `signal` has aborted. */
  aborted(signal: AbortSignal): void;
}

type Targets = TransientMap<AbortTarget, true>;

const targets: WeakMap<AbortSignal, Targets> = /* @__PURE__ */ new WeakMap();

/** Tells `target` once when `signal` aborts. The signal must not be aborted yet. */
export function listen(signal: AbortSignal, target: AbortTarget): void {
  let listening = targets.get(signal);
  if (listening === undefined) {
    listening = new TransientMap();
    targets.set(signal, listening);
    signal.addEventListener("abort", onAbort);
  }
  listening.set(target, true);
}

/** Forgets `target`. With the last target, the listener is removed from the signal. */
export function unlisten(signal: AbortSignal, target: AbortTarget): void {
  const listening = targets.get(signal);
  if (listening === undefined || !listening.delete(target) || listening.size > 0) return;
  targets.delete(signal);
  signal.removeEventListener("abort", onAbort);
}

function onAbort(event: Event): void {
  const signal = event.target as AbortSignal;
  const listening = targets.get(signal);
  targets.delete(signal);
  signal.removeEventListener("abort", onAbort);
  for (const [target] of listening ?? []) target.aborted(signal);
}
