// A crowd: far more streams than an application looks at one by one. They are opened in one turn, and ended in one
// turn.

import type { Session, Stream } from "@muxado/core";
import type { Stage } from "./stage.ts";

/** The crowd of one session. */
export class Crowd {
  readonly #stage: Stage;
  readonly #streams: Stream[] = [];
  #left: number;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#left = stage.weather.crowd;
  }

  /** Opens the crowd, or ends it, if that has not been done. */
  act(session: Session): void {
    if (this.#streams.length === 0) this.#open(session);
    else this.#end();
  }

  #open(session: Session): void {
    const { random, promises, accounts } = this.#stage;
    const reading = random.pick([1, 4, 1000]);
    this.#stage.command(`opens a crowd of ${this.#left}`, () => {
      for (; this.#left > 0; this.#left--) {
        const stream = session.open();
        this.#streams.push(stream);
        if (!random.oneIn(reading)) continue;
        // The application may read it as well.
        accounts.of(stream.id).readsInOrder = false;
        promises.follow("read", stream.id, stream.read(), () => {});
      }
    });
    this.#left = 0;
  }

  #end(): void {
    const { random, promises } = this.#stage;
    // The resets of a large crowd fill the room for output that may wait for the transport.
    const isLarge = this.#streams.length > 5000;
    const verb = isLarge ? "reset" : random.pick(["reset", "close", "unref"] as const);
    this.#stage.command(`ends its crowd: ${verb}`, () => {
      for (const stream of this.#streams.splice(0)) {
        if (verb === "close") promises.follow("close", stream.id, stream.close());
        else stream[verb]();
      }
    });
  }
}
