/** A server that answers as it is told to, one answer for each request. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

import { OPERATIONS, type Clock, type OperationId } from "../src/index.js";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
/** A status with JSON and headers; or what is done with the answer. */
export type Answer = readonly [number, unknown, Record<string, string>?] | ((response: ServerResponse) => void);

/** Its address, and the requests that it gets. The last answer is repeated. */
export async function serving(context: TestContext, ...answers: Answer[]): Promise<{ url: string; got: Received[] }> {
  const got: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const answer = answers[Math.min(got.length, answers.length - 1)];
      got.push({ method, url, headers, body });
      if (typeof answer === "function") return answer(response);
      const [status, json, more] = answer ?? [500, {}];
      const kind = status < 400 ? "application/json" : "application/problem+json";
      response.writeHead(status, { "content-type": kind, ...more }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

/** What the interface promises of an answer in JSON: its fields, null where they are not given. */
export function promised(id: OperationId, given: object): Record<string, unknown> {
  const [answer] = Object.values(OPERATIONS[id].answers) as { fields?: string[] }[];
  return { ...Object.fromEntries((answer?.fields ?? []).map((field) => [field, null])), ...given };
}

/** A clock that does not wait, and when it would have. */
export function quick(): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  const now = () => waits.reduce((sum, one) => sum + one, 0);
  const sleep = async (seconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    waits.push(seconds);
  };
  return { clock: { now, sleep }, waits };
}

/** A problem document. */
export function problem(status: number, code: string): Record<string, unknown> {
  return { type: `/problems/${code}`, code, title: "A title", status, detail: "a detail" };
}
