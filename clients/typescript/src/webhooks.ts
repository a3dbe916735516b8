/** Verifying what webhooks bring, by Standard Webhooks 1.0: HMAC (`v1`) and Ed25519 (`v1a`). */
import { createHmac, createPublicKey, timingSafeEqual, verify as isSignedBy } from "node:crypto";

import { ArgumentError, HauptbuchError } from "./problems.js";
import type { EventType } from "./schema.js";

/** Seconds that the time of a request may differ from the receiver's. */
export const TOLERANCE = 300;
/** Bytes, by the specification. */
const SHORTEST_SECRET = 24;
/** Whether a signature, of a version, is that of a text. */
type Check = (version: string, signature: Buffer, signed: Buffer) => boolean;

/** A request does not come from the service, or comes too late. Answer 400, and do nothing with it. */
export class WebhookVerificationError extends HauptbuchError {}

/** What happened. Its identifiers lead to the rest: ask the interface. */
export interface WebhookEvent {
  /** The same at every try and every replay: remember it for 30 days, and do nothing twice. */
  readonly id: string;
  /** Later versions have more: ignore what you do not know. */
  readonly type: EventType;
  /** When it happened. */
  readonly timestamp: string;
  /** Identifiers and codes. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Verification {
  /** Secrets of the webhook (`whsec_...`), for `v1`. */
  readonly secrets?: readonly string[] | undefined;
  /** Its public keys (`whpk_...`), for `v1a`. */
  readonly publicKeys?: readonly string[] | undefined;
  /** Seconds since 1970; by default, the clock's. */
  readonly now?: number | undefined;
}

/**
 * The event in a request, once its signature is seen to be right.
 *
 * One signature that is right is enough, so a webhook is verified while its secret is changed.
 *
 * @param body The bytes as they came, before a framework parses them; or their text.
 * @param headers Of the request: those of `fetch`, or of `node:http`.
 * @throws {WebhookVerificationError} No signature is right, or the time of the request is not now.
 * @throws {ArgumentError} A secret or key is not one, or none is given; or the body is neither bytes nor text.
 */
export function verify(
  body: Uint8Array | string,
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>,
  { secrets = [], publicKeys = [], now = Date.now() / 1000 }: Verification = {},
): WebhookEvent {
  const checks = [
    ...keysIn("secrets", secrets, "whsec_", (length) => length >= SHORTEST_SECRET).map(bySecret),
    ...keysIn("publicKeys", publicKeys, "whpk_", (length) => length === 32).map(byPublic),
  ];
  if (checks.length === 0) {
    throw new ArgumentError("secrets", "is empty, and so is publicKeys: give one of them");
  }
  if (typeof body !== "string" && !((body as unknown) instanceof Uint8Array)) {
    throw new ArgumentError("body", "is what came, as bytes or text, before a framework parses it");
  }
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = header(headers, "webhook-signature");
  if (!/^[0-9]{1,15}$/.test(timestamp)) {
    throw new WebhookVerificationError("webhook-timestamp is no number of seconds");
  }
  if (!(Math.abs(now - Number(timestamp)) <= TOLERANCE)) {
    throw new WebhookVerificationError("webhook-timestamp is not now: the request is old, or a clock is wrong");
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body as Uint8Array)]);
  const isSigned = signatures.split(" ").some((one) => {
    const comma = one.indexOf(",");
    const [version, signature] = [one.slice(0, comma), Buffer.from(one.slice(comma + 1), "base64")];
    return checks.some((check) => check(version, signature, signed));
  });
  if (!isSigned) throw new WebhookVerificationError("no signature is right");
  return { ...eventIn(body), id };
}

function header(headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  if (typeof found !== "string" || found === "") throw new WebhookVerificationError(`a header is missing: ${name}`);
  return found;
}

function bySecret(secret: Buffer): Check {
  return (version, signature, signed) => {
    const right = createHmac("sha256", secret).update(signed).digest();
    return version === "v1" && right.length === signature.length && timingSafeEqual(right, signature);
  };
}

function byPublic(bytes: Buffer): Check {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
  return (version, signature, signed) =>
    version === "v1a" && signature.length === 64 && isSignedBy(null, signed, key, signature);
}

function keysIn(argument: string, texts: readonly string[], prefix: string, isLong: (length: number) => boolean): Buffer[] {
  const key = new RegExp(`^${prefix}[A-Za-z0-9+/]+={0,2}$`);
  const found = Array.isArray(texts)
    ? texts.filter((text) => key.test(text)).map((text: string) => Buffer.from(text.slice(prefix.length), "base64"))
    : [];
  if (Array.isArray(texts) && found.length === texts.length && found.every((one) => isLong(one.length))) return found;
  throw new ArgumentError(argument, `is a list of keys of the webhook, each ${prefix} and base64, without a space or line break`);
}

function eventIn(body: Uint8Array | string): Omit<WebhookEvent, "id"> {
  let event: unknown;
  try {
    event = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString());
  } catch {
    throw new WebhookVerificationError("the body is no event: it is no JSON");
  }
  const { type, timestamp, data } = (event ?? {}) as Partial<Record<keyof WebhookEvent, unknown>>;
  const isOne = typeof type === "string" && typeof timestamp === "string" && typeof data === "object";
  if (!isOne || data === null || Array.isArray(data)) {
    throw new WebhookVerificationError("the body is no event: type or timestamp is no text, or data no object");
  }
  return event as Omit<WebhookEvent, "id">;
}
