// The last moment before a write leaves: everything that could wait until now is added to it.

/** A stream whose SYN or ACK may have to leave alone. */
interface Opened {
  readonly failure: object | null;
  readonly sending: { readonly blocked: boolean; announce(): void };
}

/** What has output that could wait. */
interface ComposeParts {
  readonly table: { readonly hasOpened: boolean; takeOpened(): readonly Opened[] };
  readonly credit: { readonly isDue: boolean; send(): void };
  readonly scheduler: { readonly isWaiting: boolean; fill(): void };
  readonly memory: { relieve(): void };
}

/** Puts it all. Returns whether more waits than there was room for. */
export function compose({ table, credit, scheduler, memory }: ComposeParts): boolean {
  for (const { failure, sending } of table.takeOpened()) {
    // A trace may have ended it. With a write, its SYN travels in one frame (spec appendix, G22).
    if (failure === null && !sending.blocked) sending.announce();
  }
  credit.send();
  scheduler.fill();
  // Output that has found no credit in its turn counts from now on.
  memory.relieve();
  // A stream that has just begun may owe credit already, and callbacks may have read, written and opened.
  return scheduler.isWaiting || credit.isDue || table.hasOpened;
}
