/** Where compiled modules are kept when nobody says so: where the platform keeps what can be made again. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CACHE_DIR_VARIABLE, type Variables } from "../../config/environment-variables.ts";

export interface CacheHost {
  readonly platform: NodeJS.Platform;
  /** Empty when the user has none. */
  readonly home: string;
}

/** The folder, or null when there is no place for it. */
export function moduleCacheDirectory(
  variables: Variables,
  { platform, home }: CacheHost = currentHost(),
): string | null {
  const chosen = variables[CACHE_DIR_VARIABLE];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const base = userCacheDirectory(variables, platform, home);
  return base === null ? null : join(base, "millrace", "modules");
}

function userCacheDirectory(
  variables: Variables,
  platform: NodeJS.Platform,
  home: string,
): string | null {
  const named = variables[platform === "win32" ? "LOCALAPPDATA" : "XDG_CACHE_HOME"];
  // The XDG specification has relative paths ignored.
  if (platform !== "darwin" && named !== undefined && isAbsolute(named)) return named;
  if (home === "") return null;
  if (platform === "win32") return join(home, "AppData", "Local");
  return platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

function currentHost(): CacheHost {
  return { platform: process.platform, home: currentHome() };
}

/** homedir() throws for a user that is neither in the environment nor in the system's list. */
function currentHome(): string {
  try {
    return homedir();
  } catch {
    return "";
  }
}
