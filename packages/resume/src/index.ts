// @muxado/resume: sessions that outlive their connections.

export { type Dial, resume, type ResumeOptions } from "./client.ts";
export { ResumeServer, type ResumeServerOptions } from "./server.ts";
