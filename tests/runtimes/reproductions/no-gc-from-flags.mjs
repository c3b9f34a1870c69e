// V8 exposes its collector if its flags are set at run time.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

try {
  setFlagsFromString("--expose-gc");
  console.log(typeof runInNewContext("gc") === "function" ? "gone" : "reproduced");
} catch (error) {
  console.log(String(error));
  console.log("reproduced");
}
