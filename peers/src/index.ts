export { build, missingTool, notRun } from "./build.ts";
export {
  goBench,
  goInterop,
  goInteropOlder,
  jsInterop,
  type Program,
  rustBench,
  rustInterop,
  versionOf,
} from "./programs.ts";
