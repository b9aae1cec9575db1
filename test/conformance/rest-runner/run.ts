import { DEPARTURES } from "./departures.ts";
import type { Recording } from "./recordings.ts";
import { compareReply, recordedReplayer } from "./replay.ts";
import { wordsOf } from "./shape.ts";

export interface Result {
  readonly recording: Recording;
  readonly differences: readonly string[];
}

export async function runRecordings(recordings: readonly Recording[]): Promise<readonly Result[]> {
  const words = wordsOf(recordings.map(({ response }) => response.body));
  const results: Result[] = [];
  const replayer = await recordedReplayer(recordings);
  try {
    for (const recording of recordings) {
      if (DEPARTURES.some(({ is }) => is(recording))) continue;
      const reply = await replayer.replay(recording);
      results.push({ recording, differences: compareReply(recording, reply, words) });
    }
  } finally {
    await replayer.close();
  }
  return results;
}
