// @muxado/core/recording: records conversations, reads recordings, and replays them.

export { RecordingError } from "./format.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export { Recording, type RecordingEntry } from "./recording.ts";
export {
  replay,
  type Replay,
  type ReplayDifference,
  type ReplayedOptions,
  type ReplayOptions,
} from "./replay.ts";
