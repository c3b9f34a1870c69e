// The relays of a schedule. An application joins two of its streams that nobody has used yet. From then on the far ends
// of these streams, which are both at the peer, read what the other one writes.

import { relay } from "@muxado/core";
import type { Side } from "./side.ts";
import type { Stage } from "./stage.ts";
import type { End } from "./stream-model.ts";

/** Joins streams, and checks what becomes of the relays. */
export class Relays {
  readonly #stage: Stage;
  /** Calls `reset` to end the stream, and finds out whether that ended it. */
  readonly #resetBy: (end: End, reset: () => void) => void;

  constructor(stage: Stage, resetBy: (end: End, reset: () => void) => void) {
    this.#stage = stage;
    this.#resetBy = resetBy;
  }

  /** Joins two streams of `side`, if there are two that nobody has used. */
  join(side: Side): void {
    const [one, other] = side.ends.filter((end) => end.isUnused);
    if (one === undefined || other === undefined) return;
    one.joined = other;
    other.joined = one;
    this.#stage.log(one, `is joined with ${other.name}`);
    const controller = this.#stage.random.oneIn(4) ? new AbortController() : undefined;
    if (controller !== undefined) {
      const abort = (): void => controller.abort("relay aborted");
      this.#stage.addAbort(() => this.#resetBy(one, () => this.#resetBy(other, abort)));
    }
    one.pending++;
    relay(one.stream!, other.stream!, { signal: controller?.signal }).then(
      (result) => {
        one.pending--;
        this.#ended(one, result.fromOne);
        this.#ended(other, result.fromOther);
      },
      (error: unknown) => {
        one.pending--;
        if (error !== "relay aborted") this.#stage.report(one, one.relayFailed(error));
      },
    );
  }

  #ended(end: End, relayed: number): void {
    const { written, writeEnded } = end.peer;
    if (!writeEnded) this.#stage.report(end, "its relay ended before the peer did");
    if (relayed === written.written) return;
    this.#stage.report(end, `${relayed} bytes were relayed of ${written.written}`);
  }
}
