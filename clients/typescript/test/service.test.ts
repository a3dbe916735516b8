/**
 * Against a running service: `HAUPTBUCH_URL`, `HAUPTBUCH_KEY`, a token of a firm in `SEVDESK_TOKEN`; `HAUPTBUCH_NOW`
 * where its clock stands still.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { Client, VERSION } from "../src/index.js";
import type { ApplicationRequest } from "../src/index.js";
import { verify } from "../src/webhooks.js";

const { HAUPTBUCH_URL = "", HAUPTBUCH_KEY = "", SEVDESK_TOKEN = "" } = process.env;
const now = Number(process.env["HAUPTBUCH_NOW"] ?? Date.now() / 1000);
const options = { skip: HAUPTBUCH_URL === "" && "HAUPTBUCH_URL names no service", timeout: 60_000 };
const client = () => new Client(HAUPTBUCH_URL, HAUPTBUCH_KEY);

function application(borrower: string): ApplicationRequest {
  return {
    borrower_ref: borrower,
    legal_form: "gmbh",
    product: "working_capital",
    amount: { value: "12000.00", currency: "EUR" },
    term_months: 12,
    sevdesk_token: SEVDESK_TOKEN,
  };
}

test("the service has the version that the client was made for", options, async () => {
  const answer = await fetch(`${HAUPTBUCH_URL}/schema/openapi.json`);
  const { info } = (await answer.json()) as { info: { version: string } };
  assert.equal(info.version, VERSION);
});

test("a decision is made once under one key, and read again", options, async () => {
  const first = await client().decide(application("ts-1"), { idempotencyKey: "ts-1" });
  assert.deepEqual(await client().decide(application("ts-1"), { idempotencyKey: "ts-1" }), first);
  const read = await client().getDecision({ path: { decision_id: first.decision_id } });
  assert.deepEqual(read, first);
  assert.equal(read.score === null || typeof read.score.value === "number", true);
});

test("another application under a used key is a problem", options, async () => {
  await client().decide(application("ts-2"), { idempotencyKey: "ts-2" });
  await assert.rejects(client().decide(application("ts-2b"), { idempotencyKey: "ts-2" }), {
    code: "idempotency-key-reused",
    status: 422,
  });
});

test("faults of a request are named", options, async () => {
  await assert.rejects(client().decide({ ...application("ts-3"), term_months: 0 }), /422 .*term_months/);
});

test("decisions are listed over pages", options, async () => {
  for (const number of [1, 2, 3]) await client().decide(application("ts-4"), { idempotencyKey: `ts-4-${number}` });
  const found = new Set<string>();
  let pages = 0;
  for await (const page of client().pages("listDecisions", { query: { borrower_ref: "ts-4", limit: 2 } })) {
    pages += 1;
    for (const decision of page.items) found.add(decision.decision_id);
  }
  assert.deepEqual([pages, found.size], [2, 3]);
});

test("a later answer is waited for", options, async () => {
  const job = await client().decideLater(application("ts-5"));
  assert("job_id" in job);
  assert.equal((await client().waitFor(job)).status, "completed");
});

test("a file comes as bytes", options, async () => {
  const decision = await client().decide(application("ts-6"));
  const memo = await client().getMemo({ path: { decision_id: decision.decision_id }, query: { format: "pdf" } });
  assert.equal(new TextDecoder().decode(memo.slice(0, 5)), "%PDF-");
});

test("a webhook brings what both keys verify", options, async (context) => {
  let take: (request: { body: string; headers: IncomingHttpHeaders }) => void;
  const came = new Promise<{ body: string; headers: IncomingHttpHeaders }>((resolve) => (take = resolve));
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      response.writeHead(204).end();
      take({ body, headers: request.headers });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const webhook = await client().createWebhook({ body: { url } });
  const sent = await client().testWebhook({ path: { webhook_id: webhook.webhook_id } });
  const { body, headers } = await came;
  for (const keys of [{ secrets: [webhook.secret] }, { publicKeys: webhook.public_keys }]) {
    const event = verify(body, headers, { ...keys, now });
    assert.deepEqual([event.id, event.type], [sent.event_id, "webhook.test"]);
  }
  await client().deleteWebhook({ path: { webhook_id: webhook.webhook_id } });
});
