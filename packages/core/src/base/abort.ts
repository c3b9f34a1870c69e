// Listeners for abort signals: one listener for each signal, even if many operations wait on it. An application may use
// one signal for thousands of operations. A platform is slow, and prints warnings, if a signal has so many listeners.

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

/** Forgets `target`. Removes the listener from the signal if this was its last target. */
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
