import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import { verify, WebhookVerificationError } from "../src/webhooks.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; // of the specification's example
const OTHER = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const NOW = 1795442400;
const BODY = '{"type":"decision.made","timestamp":"2026-11-23T12:00:00.000Z","data":{"decision_id":"dec_1"}}';
const PAIR = generateKeyPairSync("ed25519");
const PUBLIC = `whpk_${Buffer.from(PAIR.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")}`;

function signed(timestamp = String(NOW), body = BODY): string {
  return `evt_1.${timestamp}.${body}`;
}

function v1(secret = SECRET, text = signed()): string {
  return `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(text).digest("base64")}`;
}

function v1a(text = signed()): string {
  return `v1a,${sign(null, Buffer.from(text), PAIR.privateKey).toString("base64")}`;
}

function headers(signature: string, timestamp = String(NOW)): Record<string, string> {
  return { "webhook-id": "evt_1", "webhook-timestamp": timestamp, "webhook-signature": signature };
}

test("the example of the specification", () => {
  const given = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  // its signature is right, its body is no event of this service
  assert.throws(() => verify('{"test": 2432232314}', given, { secrets: [SECRET], now: 1614265330 }), /no event/);
});

test("an event comes back with its identifier", () => {
  const event = verify(BODY, headers(v1()), { secrets: [SECRET], now: NOW });
  assert.deepEqual([event.id, event.type, event.data["decision_id"]], ["evt_1", "decision.made", "dec_1"]);
  assert.deepEqual(verify(new TextEncoder().encode(BODY), headers(v1()), { secrets: [SECRET], now: NOW }), event);
  assert.deepEqual(verify(BODY, new Headers(headers(v1())), { secrets: [SECRET], now: NOW }), event);
});

test("a public key verifies v1a", () => {
  assert.equal(verify(BODY, headers(v1a()), { publicKeys: [PUBLIC], now: NOW }).type, "decision.made");
});

test("one right signature of several is enough, by any of the keys", () => {
  const several = headers(`v2,x ${v1(OTHER)} v1,%% ${v1a()} ${v1()}`);
  assert.equal(verify(BODY, several, { secrets: [SECRET], now: NOW }).id, "evt_1");
  assert.equal(verify(BODY, headers(v1()), { secrets: [OTHER, SECRET], now: NOW }).id, "evt_1");
});

for (const [what, body, given] of [
  ["another body", BODY.replace("dec_1", "dec_2"), headers(v1())],
  ["another time", BODY, headers(v1(), String(NOW + 1))],
  ["another identifier", BODY, { ...headers(v1()), "webhook-id": "evt_2" }],
  ["another secret", BODY, headers(v1(OTHER))],
  ["a signature of the other kind", BODY, headers(v1().replace("v1,", "v1a,"))],
  ["no signature", BODY, headers("")],
  ["half a signature", BODY, headers(v1().slice(0, 20))],
  ["no time", BODY, headers(v1(), "now")],
  ["an old request", BODY, headers(v1(SECRET, signed(String(NOW - 301))), String(NOW - 301))],
  ["a request from the future", BODY, headers(v1(SECRET, signed(String(NOW + 301))), String(NOW + 301))],
] as const) {
  test(`${what} is refused`, () => {
    const keys = { secrets: [SECRET], publicKeys: [PUBLIC], now: NOW };
    assert.throws(() => verify(body, given, keys), WebhookVerificationError);
  });
}

test("a request of 300 seconds ago is still taken", () => {
  const old = String(NOW - 300);
  assert.equal(verify(BODY, headers(v1(SECRET, signed(old)), old), { secrets: [SECRET], now: NOW }).id, "evt_1");
});

for (const [argument, keys] of [
  ["secrets", {}],
  ["secrets", undefined],
  ["secrets", { secrets: [] }],
  ["secrets", { secrets: "whsec_AAAA" }],
  ["secrets", { secrets: ["MfKQ"] }],
  ["secrets", { secrets: ["whsec_"] }],
  ["secrets", { secrets: ["whsec_c2hvcnQ="] }],
  ["secrets", { secrets: [`${SECRET}\n`] }],
  ["secrets", { secrets: [undefined] }],
  ["publicKeys", { publicKeys: [SECRET] }],
  ["publicKeys", { publicKeys: ["whpk_c2hvcnQ="] }],
] as [string, object | undefined][]) {
  test(`keys ${JSON.stringify(keys)} are a mistake of the receiver, told before the request is looked at`, () => {
    for (const given of [headers(v1()), {}]) {
      assert.throws(() => verify(BODY, given, keys && { ...keys, now: NOW }), { name: "ArgumentError", argument });
    }
  });
}

test("a body that was parsed is a mistake of the receiver, and a time that is none is not now", () => {
  const parsed = JSON.parse(BODY) as string;
  assert.throws(() => verify(parsed, headers(v1()), { secrets: [SECRET], now: NOW }), { argument: "body" });
  assert.throws(() => verify(BODY, headers(v1()), { secrets: [SECRET], now: NaN }), WebhookVerificationError);
});

for (const body of ["", "null", "[]", "{}", '{"type": 1, "timestamp": "t", "data": {}}', '{"type": "a", "timestamp": "t", "data": []}', '{"type": "a", "data": {}}']) {
  test(`a signed body ${body} is no event`, () => {
    const given = headers(v1(SECRET, signed(String(NOW), body)));
    assert.throws(() => verify(body, given, { secrets: [SECRET], now: NOW }), { name: "WebhookVerificationError", message: /no event/ });
  });
}
