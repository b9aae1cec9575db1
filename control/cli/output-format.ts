/** "text" is for people, "json" for programs: one JSON object per line on standard output. */
export type OutputFormat = "text" | "json";
