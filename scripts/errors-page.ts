/** docs/reference/errors.md, made from the error table. */
import { ERRORS, type ErrorEntry } from "../dataplane/protocol/errors.ts";

export const ERRORS_PAGE = "docs/reference/errors.md";

const DOMAINS: Readonly<Record<ErrorEntry["domain"], string>> = {
  user: "The program, its options or its records have to change.",
  external: "Something outside the engine failed: a file, a socket, another system.",
  internal: "The engine or the process it runs in failed.",
};

const SCOPES: Readonly<Record<ErrorEntry["scope"], string>> = {
  record: "one record caused it; the job fails with the record's coordinates",
  subtask: "one subtask ends, and its job with it",
  job: "the job ends, or does not start",
  cluster: "all jobs of the process are affected",
};

const RETRIES: Readonly<Record<ErrorEntry["retry"], string>> = {
  never: "trying again without a change fails again",
  "next-checkpoint": "the next checkpoint may succeed",
  "restart-task": "the subtask can be started again",
  "restart-job": "the job can be started again",
};

export function renderErrorsPage(errors: Readonly<Record<string, ErrorEntry>> = ERRORS): string {
  const lines = [
    "# Error codes",
    "",
    "<!-- Generated from dataplane/protocol/errors.ts by `npm run docs`; do not edit. -->",
    "",
    "Every error the engine raises is an `EngineError` with a `code` of this table, the `details` that fill",
    "the {placeholders} of its text, and the `cause` where there is one. Codes are never reused.",
    "",
    ...explain("Domain", DOMAINS),
    ...explain("Scope", SCOPES),
    ...explain("Retry", RETRIES),
  ];
  for (const domain of Object.keys(DOMAINS)) {
    const entries = Object.entries(errors).filter(([, entry]) => entry.domain === domain);
    lines.push(
      `## Domain \`${domain}\``,
      "",
      "| Code | Scope | Retry | Text |",
      "|---|---|---|---|",
    );
    for (const [code, { scope, retry, text, retired }] of entries) {
      lines.push(
        `| \`${code}\` | ${scope} | ${retry} | ${retired ? "(retired) " : ""}${escapeCell(text)} |`,
      );
    }
    lines.push("");
  }
  return lines.join("\n");
}

function explain(title: string, meanings: Readonly<Record<string, string>>): string[] {
  return [
    `**${title}**`,
    "",
    ...Object.entries(meanings).map(([name, text]) => `- \`${name}\`: ${text}`),
    "",
  ];
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
