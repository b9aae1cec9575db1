/**
 * What a web site sends, from the access log of its Apache server: requests, bytes and errors per section.
 *
 *   npx millrace run examples/access-log.ts [-- /var/log/apache2/access.log]
 */
import { StreamExecutionEnvironment } from "millrace";

const [file = new URL("./data/access-log.txt", import.meta.url)] = process.argv.slice(2);

/** 83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png HTTP/1.1" 200 203023 "referer" "agent" */
const LINE = /^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)/;
const SECTION = /^\/([\w-]+)\//;

/** `blog` of `/blog/tags/puppet?flav=rss20`; files at the top have none. */
const sectionOf = (path: string) => path.match(SECTION)?.[1] ?? "/";

function parseLine(line: string) {
  const match = LINE.exec(line);
  if (match === null) return [];
  const [, , , method = "", path = "", status = "", size = ""] = match;
  const isError = Number(status) >= 400;
  return [
    {
      section: method === "GET" ? sectionOf(path) : method,
      requests: 1,
      bytes: size === "-" ? 0 : Number(size),
      errors: isError ? 1 : 0,
    },
  ];
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

const sections = env
  .readTextFile(file)
  .flatMap((line) => parseLine(line))
  .keyBy("section")
  .reduce((a, b) => ({
    section: a.section,
    requests: a.requests + b.requests,
    bytes: a.bytes + b.bytes,
    errors: a.errors + b.errors,
  }))
  .map((row) => ({ ...row, errorRate: `${((100 * row.errors) / row.requests).toFixed(1)} %` }));

const rows = [];
for await (const row of sections.executeAndCollect("Access log")) rows.push(row);
rows.sort((a, b) => b.requests - a.requests || (a.section < b.section ? -1 : 1));
console.table(rows);
