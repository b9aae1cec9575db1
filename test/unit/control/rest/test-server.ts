import type { FastifyInstance } from "fastify";
import { systemClock } from "../../../../control/common/clock.ts";
import type { SecuritySettings } from "../../../../control/rest/security.ts";
import { createRestServer } from "../../../../control/rest/server.ts";
import { RecordedCluster } from "../../../conformance/rest-runner/recorded-cluster.ts";

/** A server over an empty cluster, which is closed with the test. */
export async function testServer(
  context: { after(end: () => Promise<void>): void },
  settings: Partial<SecuritySettings> & { readonly requestsPerSecond?: number } = {},
): Promise<FastifyInstance> {
  const { requestsPerSecond = 1_000_000, ...security } = settings;
  const app = await createRestServer({
    cluster: new RecordedCluster(),
    clock: systemClock,
    security: { host: "127.0.0.1", tokens: [], hasTls: false, hostNames: [], ...security },
    tls: null,
    requestsPerSecond,
    logger: false,
  });
  context.after(async () => {
    await app.close();
  });
  return app;
}
