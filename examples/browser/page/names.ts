// Names for people who have not entered theirs.

const FIRST = ["Amber", "Brisk", "Calm", "Early", "Gentle", "Keen", "Quiet", "Swift"];
const LAST = ["Badger", "Curlew", "Falcon", "Heron", "Lynx", "Otter", "Swallow", "Wren"];

export function someName(): string {
  return [FIRST, LAST].map((words) => words[Math.floor(Math.random() * words.length)]).join(" ");
}
