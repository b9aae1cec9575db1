/** Lines of a text, `repeat` times -> words -> (word, 1) -> keyed sum -> digest of the counts. */
import { type Collector, defineJob, FileSource } from "../../control/index.ts";
import { ChecksumSink, DigestSink } from "./digest-sinks.ts";
import { WordAnswerSink } from "./word-answer-sink.ts";

/** batch: the final count of each word; rolling: one count per word read, and so checksum, of every byte. */
const SINKS = {
  batch: () => new WordAnswerSink(),
  rolling: () => new DigestSink(),
  checksum: () => new ChecksumSink(),
};

/** args: path of the text, repeat, name of a sink */
export default defineJob((env, [path = "", repeat = "1", sink = "batch"]) => {
  if (sink === "batch") env.setRuntimeMode("BATCH");
  const createSink = SINKS[sink as keyof typeof SINKS];
  const paths = Array.from({ length: Number(repeat) }, () => path);
  env
    .fromSource(FileSource.lines(...paths), "text")
    .flatMap(splitLine)
    .map((word) => [word, 1])
    .keyBy(0)
    .sum(1)
    .sinkTo(createSink());
});

/** Java's split(" "): at every space, trailing empty words dropped; an empty line is one empty word. */
export function wordsOf(line: string): string[] {
  const words = line.split(" ");
  if (words.length === 1) return words;
  let end = words.length;
  while (end > 0 && words[end - 1] === "") end -= 1;
  return end === words.length ? words : words.slice(0, end);
}

/** The same for a collector. */
export function splitLine(line: string, out: Collector<string>): void {
  const words = line.split(" ");
  let end = words.length;
  if (end > 1) while (end > 0 && words[end - 1] === "") end -= 1;
  for (let index = 0; index < end; index++) out.collect(words[index] ?? "");
}
