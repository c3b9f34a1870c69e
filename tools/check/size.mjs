// What the size budget is held against: the two packages together, with everything they export.

export * as core from "../../packages/core/dist/index.js";
export * as frame from "../../packages/frame/dist/index.js";
