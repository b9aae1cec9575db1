/** For those who look after the service. */
import { prometheusText } from "../metrics/prometheus.ts";
import { ok, type Route, readRoute } from "../route.ts";

/** Until there is a dashboard. */
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Millrace</title>
<h1>Millrace</h1>
<ul>
<li><a href="overview">Overview</a>
<li><a href="jobs/overview">Jobs</a>
<li><a href="jars">Bundles</a>
<li><a href="metrics">Metrics</a>
<li><a href="openapi">API</a>
</ul>
</html>
`;

const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export const SERVICE_ROUTES: readonly Route[] = [
  ...["/", "/index.html"].map(
    (path): Route => ({
      method: "GET",
      path,
      role: null,
      summary: "A page with links",
      answer: () => ({ status: 200, text: PAGE, type: "text/html" }),
    }),
  ),
  {
    method: "GET",
    path: "/healthz",
    role: null,
    summary: "Whether the process answers",
    answer: () => ok({ status: "ok" }),
  },
  {
    method: "GET",
    path: "/readyz",
    role: null,
    summary: "Whether jobs can be submitted",
    answer: async (_, { cluster }) => {
      const isReady = await cluster.info().then(
        () => true,
        () => false,
      );
      return { status: isReady ? 200 : 503, body: { status: isReady ? "ready" : "not ready" } };
    },
  },
  readRoute("/metrics", "Metrics in the text format of Prometheus", async (_, context) => ({
    status: 200,
    text: await prometheusText(context),
    type: PROMETHEUS_TYPE,
  })),
];
