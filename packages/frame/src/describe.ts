// A frame as one line of a log, for humans: the text may change between versions.
// Shows no bytes of DATA, which may be secret, and escapes debug data, which may be hostile.
// Spec §4.

import { errorCodeName } from "./error-code.ts";
import type { Frame } from "./frame.ts";

/** Debug data beyond this many bytes is cut: a log line is no place for 64 KiB. */
const MAX_DEBUG_SHOWN = 120;

/** One line that says what a frame is, such as `DATA stream=3 SYN length=5`. */
export function describe(frame: Frame): string {
  switch (frame.type) {
    case "data": {
      const flags = (frame.syn ? " SYN" : "") + (frame.fin ? " FIN" : "");
      return `DATA stream=${frame.streamId}${flags} length=${frame.body.length}`;
    }
    case "reset":
      return `RST stream=${frame.streamId} code=${errorCodeName(frame.errorCode)}`;
    case "increment":
      return `WNDINC stream=${frame.streamId} increment=${frame.increment}`;
    case "goAway": {
      const debug = frame.debug.length === 0 ? "" : ` debug=${quote(frame.debug)}`;
      return `GOAWAY last=${frame.lastStreamId} code=${errorCodeName(frame.errorCode)}${debug}`;
    }
  }
}

/** Printable ASCII as it is, every other byte as `\xNN`. */
function quote(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_DEBUG_SHOWN)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"${bytes.length > MAX_DEBUG_SHOWN ? `… (${bytes.length} bytes)` : ""}`;
}
