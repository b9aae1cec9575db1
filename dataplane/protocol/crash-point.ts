/**
 * Moments at which a test ends the process as a crash would: `MILLRACE_CRASH_AT=manifest/renamed:2` kills it when a
 * thread of it comes there the second time. Without the variable a crash point is an empty function. The test
 * finds the names in the source: they are written out where they are passed.
 */
export const CRASH_VARIABLE = "MILLRACE_CRASH_AT";

const [wanted = "", hit = "1"] = (process.env[CRASH_VARIABLE] ?? "").split(":");
let left = Number(hit);

export const crashPoint: (name: string) => void = wanted === "" ? () => undefined : crashIfWanted;

function crashIfWanted(name: string): void {
  if (name !== wanted || --left > 0) return;
  process.kill(process.pid, "SIGKILL");
}
