/** Verifying what webhooks bring, by Standard Webhooks 1.0: HMAC (`v1`) and Ed25519 (`v1a`). */
import { createHmac, createPublicKey, timingSafeEqual, verify as isSignedBy, type KeyObject } from "node:crypto";

import { HauptbuchError } from "./problems.js";
import type { EventType } from "./schema.js";

/** Seconds that the time of a request may differ from the receiver's. */
export const TOLERANCE = 300;

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
  readonly secrets?: readonly string[];
  /** Its public keys (`whpk_...`), for `v1a`. */
  readonly publicKeys?: readonly string[];
  /** Seconds since 1970; by default, the clock's. */
  readonly now?: number;
}

/**
 * The event in a request, once its signature is seen to be right.
 *
 * One signature that is right is enough, so a webhook is verified while its secret is changed.
 *
 * @param body The bytes as they came.
 * @param headers Of the request: those of `fetch`, or of `node:http`.
 * @throws {WebhookVerificationError} No signature is right, or the time of the request is not now.
 * @throws {TypeError} A secret or key is not one, or none is given.
 */
export function verify(
  body: Uint8Array | string,
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>,
  { secrets = [], publicKeys = [], now = Date.now() / 1000 }: Verification,
): WebhookEvent {
  if (!Array.isArray(secrets) || !Array.isArray(publicKeys)) throw new TypeError("secrets and publicKeys are lists");
  if (secrets.length + publicKeys.length === 0) throw new TypeError("a secret or a public key is needed");
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = header(headers, "webhook-signature");
  if (!/^[0-9]{1,15}$/.test(timestamp)) {
    throw new WebhookVerificationError("webhook-timestamp is no number of seconds");
  }
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) {
    throw new WebhookVerificationError("webhook-timestamp is not now: the request is old, or a clock is wrong");
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body as Uint8Array)]);
  if (!isSigned(signed, signatures, secrets, publicKeys)) throw new WebhookVerificationError("no signature is right");
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

function isSigned(
  signed: Buffer,
  signatures: string,
  secrets: readonly string[],
  publicKeys: readonly string[],
): boolean {
  const expected = secrets.map((secret) => createHmac("sha256", keyIn(secret, "whsec_")).update(signed).digest());
  const keys = publicKeys.map(publicKeyIn);
  return signatures.split(" ").some((one) => {
    const comma = one.indexOf(",");
    const signature = Buffer.from(one.slice(comma + 1), "base64");
    switch (one.slice(0, comma)) {
      case "v1":
        return expected.some((right) => right.length === signature.length && timingSafeEqual(right, signature));
      case "v1a":
        return signature.length === 64 && keys.some((key) => isSignedBy(null, signed, key, signature));
      default:
        return false;
    }
  });
}

function publicKeyIn(text: string): KeyObject {
  const key = keyIn(text, "whpk_");
  if (key.length !== 32) throw new TypeError("this is no public key of a webhook: it has 32 bytes");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") }, format: "jwk" });
}

function keyIn(text: string, prefix: string): Buffer {
  const encoded = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    throw new TypeError(`this is no key of a webhook: it has to begin with ${prefix}, and go on in base64`);
  }
  return Buffer.from(encoded, "base64");
}

function eventIn(body: Uint8Array | string): Omit<WebhookEvent, "id"> {
  let event: unknown;
  try {
    event = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString());
  } catch {
    throw new WebhookVerificationError("the body is no event: it is no JSON");
  }
  if (typeof event !== "object" || event === null || !("type" in event) || !("data" in event)) {
    throw new WebhookVerificationError("the body is no event: it has no type or no data");
  }
  return event as Omit<WebhookEvent, "id">;
}
