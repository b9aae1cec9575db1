/** Requests of the async benchmark, the same for the job and for the plain loop. */
import { Agent, get } from "node:http";

export type Ask = (id: number) => Promise<number>;

/** Connections are kept: `atOnce` of them at most. */
export function createClient(port: number, atOnce: number): Ask {
  // Else all but 256 that are free for a moment are closed.
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce, maxFreeSockets: atOnce });
  return (id) =>
    new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port, path: `/${id}`, agent };
      get(options, (response) => {
        let text = "";
        response.setEncoding("latin1");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve(Number(text)));
      }).on("error", reject);
    });
}
