/** Values that are not shown. */

/** As Flink's GlobalConfiguration, and what tokens are called here. */
const SENSITIVE = [
  "password",
  "passwd",
  "secret",
  "fs.azure.account.key",
  "apikey",
  "api-key",
  "auth-params",
  "service-key",
  "token",
  "basic-auth",
  "jaas.config",
  "http-headers",
  "credential",
];

const HIDDEN = "******";

export function masked(key: string, value: string): string {
  const name = key.toLowerCase();
  return SENSITIVE.some((part) => name.includes(part)) ? HIDDEN : value;
}
