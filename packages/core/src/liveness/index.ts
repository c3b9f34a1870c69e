// @muxado/core/liveness: for layers that ask a peer whether it is there, and judge its silence.

export { Liveness, type Question } from "./liveness.ts";
