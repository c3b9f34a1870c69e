// Adds all output that could wait to a write, just before the write leaves.

/** The part of a stream that may have to send SYN or ACK in a separate frame. */
interface Opened {
  readonly failure: object | null;
  readonly sending: { readonly blocked: boolean; announce(): void };
}

/** The parts of a session that may have output that waits. */
interface ComposeParts {
  readonly table: { readonly hasOpened: boolean; takeOpened(): readonly Opened[] };
  readonly credit: { readonly isDue: boolean; send(): void };
  readonly scheduler: { readonly isWaiting: boolean; fill(): void };
  readonly memory: { relieve(): void };
}

/** Encodes all waiting output. Returns whether output still waits, because there was no room for it. */
export function compose({ table, credit, scheduler, memory }: ComposeParts): boolean {
  for (const { failure, sending } of table.takeOpened()) {
    // A trace may have ended the stream. If a write waits, the SYN leaves with it in one frame (spec appendix, G22).
    if (failure === null && !sending.blocked) sending.announce();
  }
  credit.send();
  scheduler.fill();
  // Output that has found no credit in its turn is charged to the budget from now on.
  memory.relieve();
  // A new stream may already owe credit. Callbacks may have read, written and opened streams.
  return scheduler.isWaiting || credit.isDue || table.hasOpened;
}
