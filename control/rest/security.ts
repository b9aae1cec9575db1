/**
 * Who may ask. A job is code, so who may submit one may run code: by default only programs of this machine reach the
 * server, and pages of other sites do not get through the browser of somebody who works on it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { ROLES, type Role } from "./route.ts";

export interface Token {
  readonly role: Role;
  readonly value: string;
}

export interface SecuritySettings {
  /** Address that is listened on. */
  readonly host: string;
  /** None = everybody who reaches the server may do everything. */
  readonly tokens: readonly Token[];
  readonly hasTls: boolean;
  /** Further names that the server is called by. */
  readonly hostNames: readonly string[];
}

const TOKEN_LENGTH_MIN = 16;
const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "::1"]);

function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host) || (isIP(host) === 4 && host.startsWith("127."));
}

/** Errors: MR_SERVER_INSECURE, where others might run code here. */
export function checkSecurity({ host, tokens, hasTls }: SecuritySettings): void {
  const short = tokens.find(({ value }) => value.length < TOKEN_LENGTH_MIN);
  if (short !== undefined) {
    throw insecure(
      host,
      `the token of role ${short.role} has fewer than ${TOKEN_LENGTH_MIN} characters`,
    );
  }
  if (isLoopback(host)) return;
  if (tokens.length === 0) throw insecure(host, "there is no token");
  if (!hasTls) throw insecure(host, "there is no TLS certificate");
}

function insecure(host: string, reason: string): EngineError {
  return new EngineError("MR_SERVER_INSECURE", { host, reason });
}

/** null = let through. */
export type Refusal = { readonly status: 401 | 403 | 421; readonly message: string } | null;

interface Headers {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly authorization?: string | undefined;
}

export class Guard {
  readonly #settings: SecuritySettings;
  readonly #digests: readonly { readonly role: Role; readonly digest: Buffer }[];

  constructor(settings: SecuritySettings) {
    this.#settings = settings;
    this.#digests = settings.tokens.map(({ role, value }) => ({ role, digest: digestOf(value) }));
  }

  /**
   * @param role that the request needs; null = none
   * @param isSafe whether it changes nothing
   */
  check(headers: Headers, role: Role | null, isSafe: boolean): Refusal {
    // A page of another site that has made its name stand for this address.
    if (!this.#isOwnHost(headers.host)) {
      return { status: 421, message: "The Host header names another server than this one." };
    }
    if (!isSafe && this.isForeign(headers)) {
      return { status: 403, message: "Pages of other sites may not change anything here." };
    }
    return role === null ? null : this.#authorize(headers.authorization, role);
  }

  /** Whether a page of another site asks. */
  isForeign({ origin, host }: Headers): boolean {
    if (origin === undefined) return false;
    return URL.canParse(origin) ? new URL(origin).host !== host : true;
  }

  /** Names only by which it was said to be reached; any address is no name that somebody could have made up. */
  #isOwnHost(header: string | undefined): boolean {
    if (header === undefined || !URL.canParse(`http://${header}`)) return false;
    const name = new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, "");
    const { host, hostNames } = this.#settings;
    return isIP(name) !== 0 || name === "localhost" || name === host || hostNames.includes(name);
  }

  #authorize(authorization: string | undefined, role: Role): Refusal {
    if (this.#digests.length === 0) return null;
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) {
      return { status: 401, message: "Send a token: Authorization: Bearer <token>." };
    }
    // All are compared, and digests, so the time tells nothing of any of them.
    const digest = digestOf(given);
    const roles = this.#digests.filter((known) => timingSafeEqual(known.digest, digest));
    if (roles.length === 0) return { status: 401, message: "The token is not known here." };
    const rank = Math.max(...roles.map((known) => ROLES.indexOf(known.role)));
    if (rank >= ROLES.indexOf(role)) return null;
    return { status: 403, message: `The token does not have the role ${role}.` };
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
