// Describes a frame in one line of a log, for human readers. The text may change between versions. It shows no bytes of
// a body, because they may be secret. Spec §4.

import type { DataFrame, Frame, WindowUpdateFrame } from "./frame.ts";
import { goAwayCodeName } from "./frame-type.ts";

/** Returns one line that describes a frame, such as `DATA stream=3 SYN length=5`. */
export function describe(frame: Frame): string {
  switch (frame.type) {
    case "data":
      return `DATA ${streamAndFlags(frame)} length=${frame.body.length}`;
    case "windowUpdate": {
      const meaning = frame.rst ? "code" : "increment";
      return `WINDOW_UPDATE ${streamAndFlags(frame)} ${meaning}=${frame.increment}`;
    }
    case "ping":
      return `PING ${frame.ack ? "ACK" : "SYN"} value=${frame.value}`;
    case "goAway":
      return `GO_AWAY code=${goAwayCodeName(frame.code)}`;
  }
}

function streamAndFlags({ streamId, syn, ack, fin, rst }: DataFrame | WindowUpdateFrame): string {
  return (
    `stream=${streamId}` +
    (syn ? " SYN" : "") +
    (ack ? " ACK" : "") +
    (fin ? " FIN" : "") +
    (rst ? " RST" : "")
  );
}
