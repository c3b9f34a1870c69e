// The last moment before a write leaves. All output that could wait until now is added to it.

/** A stream whose SYN or ACK may have to leave alone. */
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

/** Encodes all waiting output. Returns whether more output waits than there was room for. */
export function compose({ table, credit, scheduler, memory }: ComposeParts): boolean {
  for (const { failure, sending } of table.takeOpened()) {
    // A trace may have ended the stream. If a write waits, the SYN leaves with it in one frame (spec appendix, G22).
    if (failure === null && !sending.blocked) sending.announce();
  }
  credit.send();
  scheduler.fill();
  // Output that found no credit in its turn counts from now on.
  memory.relieve();
  // A new stream may owe credit already. Callbacks may have read, written and opened.
  return scheduler.isWaiting || credit.isDue || table.hasOpened;
}
