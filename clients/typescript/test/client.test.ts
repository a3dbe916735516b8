import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { inspect } from "node:util";

import { ArgumentError, Client, JobEndedError, NoAnswerError, ProblemError, UnexpectedAnswerError } from "../src/index.js";
import type { ApplicationRequest, JobResponse } from "../src/index.js";
import { problem, promised, quick, serving, type Answer } from "./server.js";

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
const MADE = promised("createDecision", { decision_id: "dec_1" });
const JOB = promised("getJob", { job_id: "job_1", state: "waiting" }) as unknown as JobResponse;

test("a request that failed in passing is sent again, with the same key and body", async (context) => {
  const { url, got } = await serving(
    context,
    [503, problem(503, "overloaded"), { "retry-after": "0" }],
    [409, problem(409, "decision-in-progress"), { "retry-after": "0" }],
    (response) => response.destroy(),
    [201, MADE],
  );
  const decision = await new Client(url, KEY, QUICK).decide(APPLICATION);
  assert.equal(decision.decision_id, "dec_1");
  assert.equal(got.length, 4);
  assert.equal(new Set(got.map((one) => `${one.headers["idempotency-key"]} ${one.body}`)).size, 1);
  assert.match(String(got[0]?.headers["idempotency-key"]), /^[!-~]{1,80}$/);
  assert.equal(got[0]?.headers.authorization, `Bearer ${KEY}`);
});

test("each request has a key of its own, or the one that it was given", async (context) => {
  const { url, got } = await serving(context, [201, MADE]);
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
  const { url, got } = await serving(context, [200, promised("getDecision", {})]);
  const client = new Client(url, KEY);
  await client.getDecision({ path: { decision_id: "../cases?x=1#y" } });
  assert.equal(got[0]?.url, "/v1/decisions/..%2Fcases%3Fx%3D1%23y");
  for (const id of ["", ".", ".."]) await assert.rejects(client.getDecision({ path: { decision_id: id } }), { argument: "decision_id" });
  assert.equal(got.length, 1);
});

test("a job that failed is an error with the job", async (context) => {
  const { url } = await serving(context, [200, { ...JOB, state: "failed", problem: problem(424, "credential-rejected") }]);
  await assert.rejects(new Client(url, KEY).waitFor(JOB), JobEndedError);
});

test("a job in a state of later versions is waited for until it has ended", async (context) => {
  const later = { ...JOB, state: "resting" };
  const { url, got } = await serving(context, [200, later], [200, { ...later, ended_at: "2026-11-30T12:00:00Z" }]);
  const { clock } = quick();
  const client = new Client(url, KEY, { clock });
  await assert.rejects(client.waitFor(later as unknown as JobResponse), { name: "JobEndedError", message: /resting/ });
  assert.equal(got.length, 2);
  await assert.rejects(client.waitFor(JOB, { seconds: NaN }), { argument: "seconds" });
});

test("an idempotency key that cannot be sent is refused", async (context) => {
  const { url, got } = await serving(context, [201, MADE]);
  const client = new Client(url, KEY);
  for (const idempotencyKey of ["", "two words", "ä", "a\r\nX: y", "x".repeat(81)]) {
    await assert.rejects(client.decide(APPLICATION, { idempotencyKey }), { name: "ArgumentError", message: /80 visible/ });
  }
  assert.equal(got.length, 0);
});

for (const [argument, baseUrl, key, options] of [
  ["key", "http://127.0.0.1", "secret", {}],
  ["key", "http://127.0.0.1", `${KEY}\n`, {}],
  ["key", "http://127.0.0.1", undefined as unknown as string, {}],
  ["baseUrl", "127.0.0.1:8080", KEY, {}],
  ["baseUrl", "https:///path", KEY, {}],
  ["baseUrl", "https://bank.example\n", KEY, {}],
  ["baseUrl", "https://bank.example:port", KEY, {}],
  ["baseUrl", "https://user:secret@bank.example", KEY, {}],
  ["baseUrl", "https://bank.example/?", KEY, {}],
  ["baseUrl", "https://bank.example/v1/", KEY, {}],
  ["baseUrl", undefined as unknown as string, KEY, {}],
  ["timeout", "http://127.0.0.1", KEY, { timeout: 0 }],
  ["timeout", "http://127.0.0.1", KEY, { timeout: NaN }],
  ["timeout", "http://127.0.0.1", KEY, { timeout: 3e6 }],
  ["atMost", "http://127.0.0.1", KEY, { retries: { atMost: -1 } }],
  ["longestTotal", "http://127.0.0.1", KEY, { retries: { longestTotal: NaN } }],
  ["firstPause", "http://127.0.0.1", KEY, { retries: { firstPause: -1 } }],
] as const) {
  test(`a client of ${baseUrl?.trim()} with a wrong ${argument} (${JSON.stringify(options)}) is refused, and shows none`, () => {
    const made = () => new Client(baseUrl, key, options);
    assert.throws(made, (error: ArgumentError) => error instanceof ArgumentError && error.argument === argument);
    assert.throws(made, (error: Error) => !error.message.includes("secret"));
  });
}

test("an address may have a path, and a slash at its end", async (context) => {
  const { url, got } = await serving(context, [200, []]);
  await new Client(`${url}/hauptbuch/`, KEY).listModels();
  assert.equal(got[0]?.url, "/hauptbuch/v1/models");
});

test("a wait that the service does not keep, or that outlasts the client, is refused", async (context) => {
  const { url, got } = await serving(context, [202, JOB]);
  for (const wait of [61, -1, 1.5, NaN]) {
    await assert.rejects(new Client(url, KEY).decideLater(APPLICATION, { wait }), { argument: "wait" });
  }
  await assert.rejects(new Client(url, KEY, { timeout: 30 }).decideLater(APPLICATION, { wait: 30 }), { argument: "wait" });
  assert.equal(got.length, 0);
  await new Client(url, KEY).decideLater(APPLICATION, { wait: 60 });
  assert.equal(got[0]?.headers.prefer, "respond-async, wait=60");
});

test("a minute of its own earlier attempt is waited for", async (context) => {
  const { clock, waits } = quick();
  const { url, got } = await serving(context, (response) => {
    const busy = problem(409, "decision-in-progress");
    const [status, json] = clock.now() < 60 ? [409, busy] : [201, MADE];
    response.writeHead(status, { "content-type": "application/json", "retry-after": "1" }).end(JSON.stringify(json));
  });
  const decision = await new Client(url, KEY, { clock }).decide(APPLICATION);
  assert.equal(decision.decision_id, "dec_1");
  assert(waits.length > 35 && waits.every((one) => one >= 1 && one <= 1.5));
  assert.equal(new Set(got.map((one) => one.headers["idempotency-key"])).size, 1);
});

test("a wait for its own earlier attempt ends with the longest total time, or where nothing is repeated", async (context) => {
  const { url, got } = await serving(context, [409, problem(409, "decision-in-progress")]);
  const { clock, waits } = quick();
  const sent = new Client(url, KEY, { clock }).decide(APPLICATION, { idempotencyKey: "app-1" });
  await assert.rejects(sent, { name: "ProblemError", code: "decision-in-progress", idempotencyKey: "app-1" });
  assert(clock.now() > 90 && clock.now() <= 120, `${clock.now()}`);
  assert(Math.max(...waits) > 9, "without Retry-After, pauses grow");
  const before = got.length;
  await assert.rejects(new Client(url, KEY, { clock, retries: { atMost: 0 } }).decide(APPLICATION), { status: 409 });
  assert.equal(got.length, before + 1);
});

test("waiting for its own attempt uses up no repetition", async (context) => {
  const { clock } = quick();
  const wait: Answer = [409, problem(409, "decision-overtaken")];
  const fault: Answer = [503, problem(503, "overloaded")];
  const { url, got } = await serving(context, wait, wait, fault, wait, wait, fault, wait, fault, fault, [201, MADE]);
  assert.equal((await new Client(url, KEY, { clock }).decide(APPLICATION)).decision_id, "dec_1");
  assert.equal(got.length, 10);
});

const json = { "content-type": "application/json" };
const html = { "content-type": "text/html" };
for (const [what, status, headers, body] of [
  ["a page of a proxy", 200, html, `<h1>Sign in</h1> <i>Bearer ${KEY}</i> DE09430609670001008001 064471bc129977d373091ab0d1a5314e`],
  ["half of an answer", 200, json, '{"job_id": "job_1", "state": "wai'],
  ["JSON of another kind", 200, json, '{"message": "ok"}'],
  ["a list in place of an object", 200, json, "[]"],
  ["null", 200, json, "null"],
  ["nothing", 204, {}, ""],
  ["nothing with 200", 200, {}, ""],
  ["another status", 203, json, JSON.stringify(JOB)],
  ["JSON by another name", 200, { "content-type": "text/plain" }, JSON.stringify(JOB)],
  ["something like JSON", 200, { "content-type": "application/jsonp" }, JSON.stringify(JOB)],
  ["no UTF-8", 200, json, Buffer.from([0x22, 0xff, 0x22])],
] as const) {
  test(`${what} in place of an answer is an error`, async (context) => {
    const { url, got } = await serving(context, (response) => response.writeHead(status, headers).end(body));
    const error: unknown = await new Client(url, KEY).getJob({ path: { job_id: "job_1" } }).catch((e: unknown) => e);
    assert(error instanceof UnexpectedAnswerError, String(error));
    assert.deepEqual([error.status, error.contentType], [status, "content-type" in headers ? headers["content-type"] : ""]);
    assert.match(error.message, /^GET \/v1\/jobs\/\{job_id\} was answered with status 20. and .*Is this the address/);
    if (headers === html) assert.match(error.message, /begins with "<h1>Sign in<\/h1> <i>Bearer \.\.\. \.\.\. \.\.\."/);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /secret|DE0943|064471/);
    assert.equal(got.length, 1);
  });
}

test("fields and codes of later versions are read, and the type of JSON may say more", async (context) => {
  const { url } = await serving(context, [200, { ...JOB, state: "resting", added: [1] }, { "content-type": "Application/JSON; charset=utf-8" }]);
  const job: object = await new Client(url, KEY).getJob({ path: { job_id: "job_1" } });
  assert.deepEqual(job, { ...JOB, state: "resting", added: [1] });
});

test("a file is of a promised kind, and from the service", async (context) => {
  const file = (headers: Record<string, string>) => (response: ServerResponse) => response.writeHead(200, headers).end("%PDF-");
  const { url } = await serving(
    context,
    file({ "content-type": "application/pdf", "x-request-id": "req_1" }),
    file(html),
    file({ "content-type": "application/pdf" }),
  );
  const client = new Client(url, KEY);
  const get = () => client.getMemo({ path: { decision_id: "dec_1" } });
  assert.equal(new TextDecoder().decode(await get()), "%PDF-");
  await assert.rejects(get(), { name: "UnexpectedAnswerError", message: /promised is application\/pdf or / });
  await assert.rejects(get(), { name: "UnexpectedAnswerError", message: /no X-Request-ID/ });
});

test("what is promised to be empty is nothing, and anything else is an error", async (context) => {
  const { url } = await serving(context, (response) => response.writeHead(204).end(), [200, {}]);
  const client = new Client(url, KEY);
  assert.equal(await client.deleteWebhook({ path: { webhook_id: "whk_1" } }), undefined);
  await assert.rejects(client.deleteWebhook({ path: { webhook_id: "whk_1" } }), UnexpectedAnswerError);
});

test("an answer without end is not kept", async (context) => {
  const { url } = await serving(context, (response) => {
    response.writeHead(200, json);
    const part = Buffer.alloc(100_000, " ");
    const more = () => {
      while (response.write(part));
    };
    response.on("drain", more);
    more();
  });
  const sent = new Client(url, KEY, { largestAnswer: 1_000_000 }).listModels();
  await assert.rejects(sent, { name: "UnexpectedAnswerError", message: /more than 1000000 bytes/ });
});

test("an answer that ends in its midst is none, and is asked for again under the same key", async (context) => {
  const { url, got } = await serving(
    context,
    (response) => {
      response.writeHead(201, { ...json, "content-length": "1000" });
      response.write('{"decision_id": ', () => response.destroy());
    },
    [201, MADE],
  );
  assert.equal((await new Client(url, KEY, QUICK).decide(APPLICATION)).decision_id, "dec_1");
  assert.deepEqual(got[0]?.headers["idempotency-key"], got[1]?.headers["idempotency-key"]);
});

test("an answer that drips is ended by the timeout", async (context) => {
  const { url } = await serving(context, (response) => {
    response.writeHead(200, json);
    const drip = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(drip));
  });
  const client = new Client(url, KEY, { timeout: 0.1, retries: { atMost: 0 } });
  await assert.rejects(client.listModels(), NoAnswerError);
});

test("a redirect says where it leads, and no more", async (context) => {
  const location = "https://other.example/login?token=secret";
  const { url } = await serving(context, (response) => response.writeHead(307, { location }).end());
  const error: unknown = await new Client(url, KEY).decide(APPLICATION).catch((e: unknown) => e);
  assert(error instanceof ProblemError);
  assert.match(error.message, /leads to https:\/\/other\.example: is baseUrl right/);
  assert(!error.message.includes("secret"));
});

test("a document that is no problem is told apart, whatever it is", async (context) => {
  const odd = [[], null, "text", { code: 1 }, { ...problem(400, "invalid-request"), errors: "none" }, { code: "x", status: 400 }];
  const { url } = await serving(context, ...odd.map((one): Answer => [400, one]));
  const client = new Client(url, KEY);
  for (const _ of odd) await assert.rejects(client.listModels(), { name: "ProblemError", status: 400, code: "" });
});

test("pages that lead back are an error, and those without items", async (context) => {
  const { url } = await serving(context, [200, { items: [], next_cursor: "a" }], [200, { items: [], next_cursor: "b" }], [200, { items: [], next_cursor: "a" }]);
  const read = async (client: Client) => {
    for await (const _ of client.each("listDecisions")) assert.fail();
  };
  await assert.rejects(read(new Client(url, KEY)), { name: "UnexpectedAnswerError", message: /does not end/ });
  const other = await serving(context, [200, { items: null, next_cursor: null }]);
  await assert.rejects(read(new Client(other.url, KEY)), { name: "UnexpectedAnswerError", message: /items/ });
});

test("a page that is no longer there is a problem after the items before", async (context) => {
  const { url } = await serving(
    context,
    [200, { items: [{ decision_id: "dec_3" }], next_cursor: "dec_3" }],
    [400, problem(400, "invalid-parameter")],
  );
  const found: string[] = [];
  const read = async () => {
    for await (const one of new Client(url, KEY).each("listDecisions")) found.push(one.decision_id);
  };
  await assert.rejects(read(), { code: "invalid-parameter" });
  assert.deepEqual(found, ["dec_3"]);
});

test("what was ended before sends nothing and does not wait", async (context) => {
  const { url, got } = await serving(context, [200, JOB]);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(new Client(url, KEY).listModels({ signal }), { message: "enough" });
  await assert.rejects(new Client(url, KEY).waitFor(JOB, { signal }), { message: "enough" });
  assert.equal(got.length, 0);
});

test("a job where a decision was to be made is an error", async (context) => {
  const { url } = await serving(context, [202, JOB]);
  await assert.rejects(new Client(url, KEY).decide(APPLICATION), UnexpectedAnswerError);
});

test("a preference with a line break is refused", async (context) => {
  const { url, got } = await serving(context, [202, JOB]);
  await assert.rejects(new Client(url, KEY).createDecision({ body: APPLICATION, prefer: "a\r\nX: y" }), { argument: "prefer" });
  assert.equal(got.length, 0);
});

test("the key is shown nowhere", async (context) => {
  const { url } = await serving(context, [401, problem(401, "unauthenticated")]);
  const client = new Client(url, KEY, QUICK);
  const error: unknown = await client.listModels().catch((e: unknown) => e);
  for (const shown of [inspect(client, { showHidden: true, depth: 9 }), JSON.stringify(client), inspect(error, { depth: 9 })]) {
    assert(!shown.includes("secret"));
  }
});
