import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { Client, JobEndedError, NoAnswerError, ProblemError, UnexpectedAnswerError } from "../src/index.js";
import type { ApplicationRequest, JobResponse } from "../src/index.js";
import { problem, serving } from "./server.js";

const KEY = "hbk_aaaaaaaa_secret";
const QUICK = { retries: { firstPause: 0.001 } };
const APPLICATION: ApplicationRequest = {
  borrower_ref: "firm-1",
  legal_form: "gmbh",
  product: "working_capital",
  amount: { value: "12000.00", currency: "EUR" },
  term_months: 12,
  connection_id: "con_1",
};
const JOB = { job_id: "job_1", state: "waiting", decision_id: null, problem: null } as unknown as JobResponse;

test("a request that failed in passing is sent again, with the same key and body", async (context) => {
  const { url, got } = await serving(
    context,
    [503, problem(503, "overloaded"), { "retry-after": "0" }],
    [409, problem(409, "decision-in-progress"), { "retry-after": "0" }],
    (response) => response.destroy(),
    [201, { decision_id: "dec_1" }],
  );
  const decision = await new Client(url, KEY, QUICK).decide(APPLICATION);
  assert.equal(decision.decision_id, "dec_1");
  assert.equal(got.length, 4);
  assert.equal(new Set(got.map((one) => `${one.headers["idempotency-key"]} ${one.body}`)).size, 1);
  assert.match(String(got[0]?.headers["idempotency-key"]), /^[!-~]{1,80}$/);
  assert.equal(got[0]?.headers.authorization, `Bearer ${KEY}`);
});

test("each request has a key of its own, or the one that it was given", async (context) => {
  const { url, got } = await serving(context, [201, { decision_id: "dec_1" }]);
  const client = new Client(url, KEY, QUICK);
  await client.decide(APPLICATION);
  await client.decide(APPLICATION);
  await client.decide(APPLICATION, { idempotencyKey: "app-1" });
  const keys = got.map((one) => one.headers["idempotency-key"]);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[2], "app-1");
});

for (const [status, code, count] of [
  [429, "too-many-requests", 5],
  [408, "request-too-slow", 5],
  [503, "database-unavailable", 1],
  [504, "source-deadline-exceeded", 1],
] as const) {
  test(`a write without a key is sent ${count} times at ${status}`, async (context) => {
    const { url, got } = await serving(context, [status, problem(status, code)]);
    const sent = new Client(url, KEY, QUICK).claimCase({ path: { case_id: "cas_1" } });
    await assert.rejects(sent, { code, status });
    assert.equal(got.length, count);
    assert.equal(got[0]?.headers["idempotency-key"], undefined);
  });
}

test("a write without a key is not sent again where its answer is missing", async (context) => {
  const { url, got } = await serving(context, (response) => response.destroy());
  await assert.rejects(new Client(url, KEY, QUICK).claimCase({ path: { case_id: "cas_1" } }), NoAnswerError);
  assert.equal(got.length, 1);
});

test("what another request would not change is thrown at once", async (context) => {
  const { url, got } = await serving(context, [424, problem(424, "credential-rejected"), { "x-request-id": "req_1" }]);
  const error: unknown = await new Client(url, KEY, QUICK).decide(APPLICATION, { idempotencyKey: "app-1" }).catch((e: unknown) => e);
  assert(error instanceof ProblemError);
  assert.deepEqual([error.code, error.status, error.requestId, error.idempotencyKey], ["credential-rejected", 424, "req_1", "app-1"]);
  assert.equal(error.message, "424 A title: a detail");
  assert.equal(got.length, 1);
});

test("a longer wait than the client has is left to the caller", async (context) => {
  const { url, got } = await serving(context, [429, problem(429, "quota-used-up"), { "retry-after": "3600" }]);
  await assert.rejects(new Client(url, KEY, QUICK).decide(APPLICATION), { code: "quota-used-up", retryAfter: 3600 });
  assert.equal(got.length, 1);
});

test("an error that is not the service's is told apart", async (context) => {
  const { url } = await serving(context, (response) => response.writeHead(502).end("<html>Bad gateway</html>"));
  const client = new Client(url, KEY, { retries: { atMost: 0 } });
  await assert.rejects(client.listModels(), { status: 502, code: "" });
});

test("a redirect is not followed, so the key goes nowhere else", async (context) => {
  const { url, got } = await serving(context, (response) => response.writeHead(302, { location: "/elsewhere" }).end());
  await assert.rejects(new Client(url, KEY, QUICK).listModels(), { status: 302 });
  assert.equal(got.length, 1);
});

test("an answer that is no JSON is not passed on", async (context) => {
  const { url } = await serving(context, (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end("{"),
  );
  await assert.rejects(new Client(url, KEY, QUICK).listModels(), UnexpectedAnswerError);
});

test("without a service there is no answer, and the key is told", async () => {
  const client = new Client("http://127.0.0.1:1", KEY, { retries: { atMost: 1, firstPause: 0.001 } });
  await assert.rejects(client.decide(APPLICATION, { idempotencyKey: "app-1" }), {
    name: "NoAnswerError",
    message: /^POST http:\/\/127\.0\.0\.1:1\/v1\/decisions got no answer: ./,
    idempotencyKey: "app-1",
  });
});

test("an answer that takes too long is none", async (context) => {
  const { url } = await serving(context, () => undefined);
  const client = new Client(url, KEY, { timeout: 0.05, retries: { atMost: 1, firstPause: 0.001 } });
  await assert.rejects(client.listModels(), NoAnswerError);
});

test("the caller's signal ends the request and is what is thrown", async (context) => {
  const { url, got } = await serving(context, [503, problem(503, "overloaded"), { "retry-after": "15" }]);
  const abort = new AbortController();
  const sent = new Client(url, KEY).listModels({ signal: abort.signal });
  const until = async () => {
    while (got.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until();
  abort.abort(new Error("enough"));
  await assert.rejects(sent, { message: "enough" });
});

test("a list is read page by page", async (context) => {
  const { url, got } = await serving(
    context,
    [200, { items: [{ decision_id: "dec_3" }, { decision_id: "dec_2" }], next_cursor: "dec_2" }],
    [200, { items: [{ decision_id: "dec_1" }], next_cursor: null }],
  );
  const found: string[] = [];
  for await (const decision of new Client(url, KEY).each("listDecisions", { query: { verdict: "refer", limit: 2 } })) {
    found.push(decision.decision_id);
  }
  assert.deepEqual(found, ["dec_3", "dec_2", "dec_1"]);
  assert.deepEqual(
    got.map((one) => one.url),
    ["/v1/decisions?verdict=refer&limit=2", "/v1/decisions?verdict=refer&limit=2&cursor=dec_2"],
  );
});

test("rows of a portfolio are read by their number", async (context) => {
  const { url, got } = await serving(
    context,
    [200, { items: [{ line: 1 }], next_after: 1 }],
    [200, { items: [{ line: 2 }], next_after: null }],
  );
  let count = 0;
  for await (const _ of new Client(url, KEY).each("getPortfolioResults", { path: { portfolio_id: "por_1" } })) count++;
  assert.equal(count, 2);
  assert.equal(got[1]?.url, "/v1/portfolios/por_1/results?after=1");
});

test("an identifier cannot lead to another request", async (context) => {
  const { url, got } = await serving(context, [200, {}]);
  const client = new Client(url, KEY);
  await client.getDecision({ path: { decision_id: "../cases?x=1#y" } });
  assert.equal(got[0]?.url, "/v1/decisions/..%2Fcases%3Fx%3D1%23y");
  for (const id of ["", ".", ".."]) await assert.rejects(client.getDecision({ path: { decision_id: id } }), TypeError);
  assert.equal(got.length, 1);
});

test("a job that failed is an error with the job", async (context) => {
  const { url } = await serving(context, [200, { ...JOB, state: "failed", problem: problem(424, "credential-rejected") }]);
  await assert.rejects(new Client(url, KEY).waitFor(JOB), JobEndedError);
});

test("an idempotency key that cannot be sent is refused", async (context) => {
  const { url, got } = await serving(context, [201, {}]);
  const client = new Client(url, KEY);
  for (const idempotencyKey of ["", "two words", "ä", "a\r\nX: y", "x".repeat(81)]) {
    await assert.rejects(client.decide(APPLICATION, { idempotencyKey }), { name: "TypeError", message: /80 visible/ });
  }
  assert.equal(got.length, 0);
});

test("a key or an address that is none is refused before anything is sent", () => {
  assert.throws(() => new Client("http://127.0.0.1", "secret"), { name: "TypeError", message: /hbk_/ });
  assert.throws(() => new Client("127.0.0.1:8080", KEY), { name: "TypeError", message: /https/ });
});

test("the key is shown nowhere", async (context) => {
  const { url } = await serving(context, [401, problem(401, "unauthenticated")]);
  const client = new Client(url, KEY, QUICK);
  const error: unknown = await client.listModels().catch((e: unknown) => e);
  for (const shown of [inspect(client, { showHidden: true, depth: 9 }), JSON.stringify(client), inspect(error, { depth: 9 })]) {
    assert(!shown.includes("secret"));
  }
});
