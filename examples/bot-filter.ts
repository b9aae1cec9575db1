/**
 * Visitors of a web site, without robots: those that say what they are, and those that ask for more
 * pages than people do.
 *
 *   npx millrace run examples/bot-filter.ts [-- /var/log/apache2/access.log]
 */
import { StreamExecutionEnvironment } from "millrace";

const [file = new URL("./data/access-log.txt", import.meta.url)] = process.argv.slice(2);

const BOTS = ["bot", "spider", "crawl", "slurp", "feed", "rss", "curl", "wget", "python", "java/"];
const FILES = [".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".svg", ".ttf", ".txt"];
const LEAST_PAGES = 3;
const MOST_PAGES = 30;

function isBot(agent: string): boolean {
  if (agent === "" || agent === "-") return true;
  const name = agent.toLowerCase();
  return BOTS.some((bot) => name.includes(bot));
}

/** Pages are what people ask for; browsers ask for the rest. */
function isPage(path: string): boolean {
  const [name = ""] = path.split("?");
  return !FILES.some((ending) => name.toLowerCase().endsWith(ending));
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

env
  .readTextFile(file)
  .map((line) => {
    const [start, request, , , , agent] = line.split('"');
    return {
      address: start?.split(" ")[0] ?? "",
      path: request?.split(" ")[1] ?? "",
      agent: agent ?? "",
    };
  })
  .filter(({ agent }) => !isBot(agent))
  .filter((visit) => isPage(visit.path))
  .map(({ address }) => ({ address, pages: 1 }))
  .keyBy((visit) => visit.address)
  .sum("pages")
  .filter(({ pages }) => pages >= LEAST_PAGES && pages <= MOST_PAGES)
  .print();

await env.execute("Bot filter");
