// Describes a frame in one line of a log, for human readers. The text may change between versions. It shows no bytes of
// DATA, because they may be secret. It escapes debug data, because it may be hostile. Spec §4.

import { errorCodeName } from "./error-code.ts";
import type { Frame } from "./frame.ts";

/** Debug data beyond this many bytes is cut: 64 KiB are too much for a log line. */
const MAX_DEBUG_SHOWN = 120;

/** Returns one line that describes a frame, such as `DATA stream=3 SYN length=5`. */
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

/** Returns printable ASCII unchanged, and every other byte as `\xNN`. */
function quote(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_DEBUG_SHOWN)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"${bytes.length > MAX_DEBUG_SHOWN ? `… (${bytes.length} bytes)` : ""}`;
}
