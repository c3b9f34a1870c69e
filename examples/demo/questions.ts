// The server's streams: a stream carries a question in JSON to the client and its answer back, and the server compares.

import { json } from "node:stream/consumers";
import type { Session, Stream } from "@muxado/core";
import { exchange, forEach } from "./exchange.ts";
import { type Summary, Tally } from "./tally.ts";

type Question =
  | { readonly ask: "sum" | "sorted"; readonly of: readonly number[] }
  | { readonly ask: "reversed"; readonly of: string }
  | { readonly ask: "two to the power"; readonly of: number }
  | { readonly ask: "the meaning of life, the universe and everything" };

/** Asks questions 1 to `count`, each on its own stream, and compares the answers. */
export async function askQuestions(session: Session, count: number): Promise<Summary> {
  const tally = new Tally();
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  await forEach(numbers, async (number) => {
    const [question, expected] = questionAndAnswer(number);
    const answer = await exchange(session, [Buffer.from(JSON.stringify(question))], tally);
    if (answer === JSON.stringify(expected)) return;
    tally.mismatches++;
    console.error(`${JSON.stringify(question)}: not ${answer}`);
  });
  return tally.summary();
}

/** The other side: answers every question. */
export async function answerQuestions(session: Session): Promise<void> {
  for await (const stream of session) {
    answerQuestion(stream).catch(() => stream.reset("INTERNAL_ERROR"));
  }
}

async function answerQuestion(stream: Stream): Promise<void> {
  const question = (await json(stream)) as Question;
  await stream.write(Buffer.from(JSON.stringify(answerTo(question))));
  await stream.closeWrite();
}

function answerTo(question: Question): unknown {
  switch (question.ask) {
    case "sum":
      return question.of.reduce((sum, number) => sum + number, 0);
    case "sorted":
      return [...question.of].sort((a, b) => a - b);
    case "reversed":
      return question.of.split("").reverse().join("");
    case "two to the power":
      return String(2n ** BigInt(question.of));
    case "the meaning of life, the universe and everything":
      return 42;
  }
}

/** Makes a question from an answer, so the answer is known without computing it. */
function questionAndAnswer(number: number): [Question, answer: unknown] {
  if (number === 42) return [{ ask: "the meaning of life, the universe and everything" }, 42];
  switch (number % 4) {
    case 0:
      return [{ ask: "sum", of: [number, -number, 3 * number, 1] }, 3 * number + 1];
    case 1: {
      const ascending = Array.from({ length: 100 }, (_, index) => index);
      // 100 and an odd number without the factor 5 have no common divisor. So no place is taken twice.
      const step = number % 5 === 0 ? 7 : number;
      return [{ ask: "sorted", of: ascending.map((index) => (index * step) % 100) }, ascending];
    }
    case 2:
      return [
        { ask: "reversed", of: `${"!".repeat(number)}odaxum` },
        `muxado${"!".repeat(number)}`,
      ];
    default:
      return [{ ask: "two to the power", of: number }, String(1n << BigInt(number))];
  }
}
