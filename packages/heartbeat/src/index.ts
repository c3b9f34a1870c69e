// @muxado/heartbeat: measures round-trip times and finds dead sessions.

export { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
