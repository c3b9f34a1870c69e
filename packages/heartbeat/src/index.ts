// @muxado/heartbeat: round-trip times, and the discovery of sessions that are dead.

export { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
