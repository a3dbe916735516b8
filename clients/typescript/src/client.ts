import { OPERATIONS, VERSION } from "./operations.js";
import { ArgumentError, JobEndedError, JobNotDoneError, NoAnswerError, ProblemError, UnexpectedAnswerError } from "./problems.js";
import { CLOCK, isNotSent, isOwnAttempt, isPassing, pauseBefore, retriesOf, retryAfterOf, secondsOf, type Clock, type Retries } from "./retries.js";
import type { ApplicationRequest, DecisionResponse, JobResponse, operations, Problem } from "./schema.js";

/** The name of a request. */
export type OperationId = keyof typeof OPERATIONS;

type Content<Answer> = Answer extends { content: infer Kinds }
  ? { [Kind in keyof Kinds]: Kind extends "application/json" ? Kinds[Kind] : Uint8Array }[keyof Kinds]
  : undefined;
type Answers<Id extends OperationId> = operations[Id]["responses"];
/** What a request brings: JSON, or the bytes of a file. */
export type Result<Id extends OperationId> = {
  [Status in keyof Answers<Id>]: Status extends 200 | 201 | 202 | 204 ? Content<Answers<Id>[Status]> : never;
}[keyof Answers<Id>];

type BodyOf<Id extends OperationId> = operations[Id] extends { requestBody: { content: infer Kinds } }
  ? Kinds extends { "application/json": infer Body }
    ? { body: Body }
    : { body: Uint8Array | string; contentType: keyof Kinds }
  : unknown;
type PathOf<Id extends OperationId> = operations[Id]["parameters"] extends { path: infer Path } ? { path: Path } : unknown;
type QueryOf<Id extends OperationId> = Exclude<operations[Id]["parameters"]["query"], undefined> extends infer Query
  ? [Query] extends [never]
    ? unknown
    : { query?: { [Name in keyof Query]: Query[Name] | undefined } | undefined }
  : unknown;
type KeyOf<Id extends OperationId> = (typeof OPERATIONS)[Id]["takesKey"] extends true
  ? {
      /** One for each thing that is to happen once; without it, one is made up. */
      idempotencyKey?: string | undefined;
    }
  : unknown;
type PreferenceOf<Id extends OperationId> = Id extends "createDecision"
  ? {
      /** `respond-async`, or `respond-async, wait=10`: to be answered with a job. */
      prefer?: string | undefined;
    }
  : unknown;
interface Common {
  /** Ends the request, and its repetitions. */
  signal?: AbortSignal | undefined;
}
/** What a request is made of. */
export type Arguments<Id extends OperationId> = PathOf<Id> &
  QueryOf<Id> &
  BodyOf<Id> &
  KeyOf<Id> &
  PreferenceOf<Id> &
  Common;
type Method<Id extends OperationId> = Record<never, never> extends Arguments<Id>
  ? (args?: Arguments<Id>) => Promise<Result<Id>>
  : (args: Arguments<Id>) => Promise<Result<Id>>;
/** Every request of the interface as a method. */
export type Methods = { readonly [Id in OperationId]: Method<Id> };

/** Requests that bring one page of a list. */
export type ListId = {
  [Id in OperationId]: Extract<Result<Id>, { items: unknown; next_cursor: unknown } | { items: unknown; next_after: unknown }> extends never
    ? never
    : Id;
}[OperationId];
export type PageOf<Id extends ListId> = Extract<Result<Id>, { items: unknown }>;
export type ItemOf<Id extends ListId> = PageOf<Id> extends { items: (infer Item)[] } ? Item : never;

export interface Options {
  /** Seconds that one answer may take. A decision reads the firm's books, which may take 30. */
  readonly timeout?: number | undefined;
  /** Bytes of an answer at most, 1 GiB: more would take the memory of the caller. */
  readonly largestAnswer?: number | undefined;
  /** How patient the client is. */
  readonly retries?: Partial<Retries> | undefined;
  /** How it sends, in place of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** How it measures and waits between two requests. */
  readonly clock?: Clock | undefined;
}

interface Loose extends Common {
  path?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  contentType?: string;
  idempotencyKey?: string | undefined;
  prefer?: string | undefined;
}

/** States of a job that changes no more. Later versions may have more: those say when it ended. */
const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "expired"]);
const ASK_EVERY = { first: 0.5, longest: 5 };
/** Seconds that the service waits with an answer at most. */
const LONGEST_WAIT = 60;

// Its methods are added below, from the table.
export interface Client extends Methods {}

/** A client of the service. Each request of the interface is a method of it. */
export class Client {
  readonly #base: string;
  readonly #key: string;
  readonly #timeout: number;
  readonly #largest: number;
  readonly #retries: Retries;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;

  /**
   * @param baseUrl Where the service is, such as `https://hauptbuch.bank.example`.
   * @param key An API key (`hbk_...`). It is sent to the service, and shown nowhere.
   * @throws {ArgumentError} The address or the key cannot be one, or the seconds.
   */
  constructor(baseUrl: string, key: string, options: Options = {}) {
    if (!/^hbk_[!-~]+$/.test(key)) {
      throw new ArgumentError("key", "is an API key: hbk_ and visible ASCII characters, without space or line break");
    }
    this.#base = baseOf(baseUrl);
    this.#key = key;
    this.#timeout = secondsOf("timeout", options.timeout ?? 90, 0.001);
    this.#largest = options.largestAnswer ?? 1024 ** 3;
    this.#retries = retriesOf(options.retries);
    this.#fetch = options.fetch ?? fetch;
    this.#clock = options.clock ?? CLOCK;
  }

  /**
   * Send a request, repeat it where that helps, and read its answer.
   *
   * @throws {ArgumentError} An argument cannot be sent.
   * @throws {ProblemError} The service answered with a problem.
   * @throws {NoAnswerError} There was no answer.
   * @throws {UnexpectedAnswerError} It is not what the interface promises.
   */
  async call<Id extends OperationId>(id: Id, args: Arguments<Id>): Promise<Result<Id>> {
    const { method, path, takesKey } = OPERATIONS[id];
    const given = args as Loose;
    const idempotencyKey = takesKey ? (given.idempotencyKey ?? crypto.randomUUID()) : undefined;
    if (idempotencyKey !== undefined && !/^[!-~]{1,80}$/.test(idempotencyKey)) {
      throw new ArgumentError("idempotencyKey", "is 1 to 80 visible ASCII characters");
    }
    if (given.prefer !== undefined && !/^[ -~]*$/.test(given.prefer)) {
      throw new ArgumentError("prefer", "is ASCII text without a line break");
    }
    const mayRepeat = method === "GET" || idempotencyKey !== undefined;
    const url = this.#base + address(path, given);
    const request = () =>
      new Request(url, {
        method,
        headers: headersOf({
          authorization: `Bearer ${this.#key}`,
          "user-agent": `hauptbuch-client-typescript/${VERSION}`,
          "content-type": given.body === undefined ? undefined : (given.contentType ?? "application/json"),
          "idempotency-key": idempotencyKey,
          prefer: given.prefer,
        }),
        body: bodyOf(given),
        redirect: "manual",
        signal: within(this.#timeout, given.signal),
      });
    const begun = this.#clock.now();
    let failed = 0;
    let waited = 0;
    for (;;) {
      let error: ProblemError | NoAnswerError;
      let helps: boolean;
      let isOwn = false;
      try {
        const answer = new Answer(id, await this.#fetch(request()), this.#largest, idempotencyKey);
        if (answer.response.ok) return (await answer.read()) as Result<Id>;
        const problem = await answer.problem();
        error = problem;
        helps = isPassing(problem.status, problem.code, mayRepeat);
        isOwn = isOwnAttempt(problem.status, problem.code);
      } catch (failure) {
        given.signal?.throwIfAborted();
        if (!isTransport(failure)) throw failure;
        const cause: Error & { code?: unknown } = failure.cause instanceof Error ? failure.cause : failure;
        const why = cause.message || String(cause.code);  // of several addresses, each with an error, there is no message
        error = new NoAnswerError(`${method} ${this.#base}${path} got no answer: ${why}`, { cause, idempotencyKey });
        helps = mayRepeat || isNotSent(failure);
      }
      const pause = pauseBefore(isOwn ? ++waited : ++failed, this.#retries, {
        retryAfter: error instanceof ProblemError ? error.retryAfter : undefined,
        elapsed: this.#clock.now() - begun,
        chance: Math.random(),
        isOwn,
      });
      if (pause === undefined || !helps) throw error;
      await this.#clock.sleep(pause, given.signal);
    }
  }

  /**
   * Decide on an application, and wait for the decision.
   *
   * @param options `idempotencyKey`: one for each application, kept with it. After a crash the same leads to the same
   *   decision.
   */
  async decide(
    application: ApplicationRequest,
    options: { idempotencyKey?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<DecisionResponse> {
    const made = await this.call("createDecision", { body: application, ...options });
    if ("verdict" in made) return made;
    throw new UnexpectedAnswerError("a job was answered, though none was preferred", { status: 202 });
  }

  /** Hand an application in. The answer is a job, or the decision where it is made within `wait` seconds. */
  async decideLater(
    application: ApplicationRequest,
    {
      wait,
      ...options
    }: { wait?: number | undefined; idempotencyKey?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<DecisionResponse | JobResponse> {
    if (wait !== undefined && !(Number.isInteger(wait) && wait >= 0 && wait <= LONGEST_WAIT && wait < this.#timeout)) {
      throw new ArgumentError("wait", `is whole seconds from 0 to ${LONGEST_WAIT}, and less than the client's timeout`);
    }
    const prefer = wait === undefined ? "respond-async" : `respond-async, wait=${wait}`;
    return this.call("createDecision", { body: application, prefer, ...options });
  }

  /**
   * Ask until a job is done, and get its decision.
   *
   * @throws {JobEndedError} It ended without a decision.
   * @throws {JobNotDoneError} The seconds are over.
   */
  async waitFor(
    job: JobResponse,
    { seconds = 900, signal }: { seconds?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<DecisionResponse> {
    const until = this.#clock.now() + secondsOf("seconds", seconds);
    let pause = ASK_EVERY.first;
    while (job.decision_id === null) {
      if (job.ended_at !== null || ENDED.has(job.state)) throw new JobEndedError(job);
      if (this.#clock.now() + pause > until) throw new JobNotDoneError(job);
      await this.#clock.sleep(pause, signal);
      pause = Math.min(2 * pause, ASK_EVERY.longest);
      job = await this.call("getJob", { path: { job_id: job.job_id }, signal });
    }
    return this.call("getDecision", { path: { decision_id: job.decision_id }, signal });
  }

  /** Every page of a list: `client.pages("listDecisions", { query: { verdict: "refer" } })`. */
  async *pages<Id extends ListId>(id: Id, ...[args]: Parameters<Methods[Id]>): AsyncGenerator<PageOf<Id>> {
    let further: Record<string, unknown> = {};
    const seen = new Set<unknown>();
    for (;;) {
      const given = (args ?? {}) as Loose;
      const query = { ...given.query, ...further };
      const page = (await this.call(id, { ...given, query } as unknown as Arguments<Id>)) as PageOf<Id>;
      if (!Array.isArray(page.items)) throw new UnexpectedAnswerError(`${id} was answered without items`, { status: 200 });
      yield page;
      const { next_cursor: cursor, next_after: after } = page as { next_cursor?: unknown; next_after?: unknown };
      if (cursor) further = { cursor };
      else if (typeof after === "number") further = { after };
      else return;
      const next = JSON.stringify(further);
      if (seen.has(next)) {
        throw new UnexpectedAnswerError("the list does not end: its pages lead back to one that was read", { status: 200 });
      }
      seen.add(next);
    }
  }

  /**
   * Every item of a list: `client.each("listDecisions", { query: { verdict: "refer" } })`.
   *
   * A page may tell more than its items, such as `damaged` decisions: `pages` has the pages.
   */
  async *each<Id extends ListId>(id: Id, ...args: Parameters<Methods[Id]>): AsyncGenerator<ItemOf<Id>> {
    for await (const page of this.pages(id, ...args)) yield* page.items as ItemOf<Id>[];
  }
}

for (const id of Object.keys(OPERATIONS) as OperationId[]) {
  Object.defineProperty(Client.prototype, id, {
    value(this: Client, args: Arguments<typeof id> = {} as Arguments<typeof id>) {
      return this.call(id, args);
    },
  });
}

function baseOf(text: string): string {
  const right = "is where the service is, such as https://hauptbuch.bank.example: https:// or http://, host, and port or path";
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s/.test(text) || !URL.canParse(text)) throw new ArgumentError("baseUrl", right);
  const url = new URL(text);
  if (/[?#]/.test(text) || url.username || url.password) {
    throw new ArgumentError("baseUrl", "has no user, password, query or fragment: the key alone opens the service");
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/v1")) throw new ArgumentError("baseUrl", "ends before /v1, which each request has of its own");
  return url.origin + path;
}

function address(path: string, { path: values = {}, query = {} }: Loose): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name] ?? "");
    if (/^\.*$/.test(value)) {
      throw new ArgumentError(name, "is empty, or made of dots: the request would lead elsewhere");
    }
    return encodeURIComponent(value);
  });
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return search ? `${filled}?${search}` : filled;
}

function headersOf(named: Record<string, string | undefined>): Headers {
  const given = Object.entries(named).filter((one): one is [string, string] => one[1] !== undefined);
  return new Headers(given);
}

function bodyOf({ body, contentType }: Loose): string | Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null;
  return contentType === undefined ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer>);
}

function within(seconds: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(Math.ceil(1000 * seconds));
  return signal ? AbortSignal.any([timeout, signal]) : timeout;
}

/** `fetch` throws a TypeError where it gets no answer, and a TimeoutError where it waited for too long. */
function isTransport(failure: unknown): failure is Error {
  const isFetch = failure instanceof TypeError && (failure.cause !== undefined || failure.message === "terminated");
  return isFetch || (failure instanceof Error && failure.name === "TimeoutError");
}

/** What the interface promises of an answer. */
interface Promised {
  readonly fields?: readonly string[];
  readonly isList?: boolean;
  readonly files?: readonly string[];
}

/** An answer to one request. */
class Answer {
  readonly #kind: string;

  constructor(
    readonly id: OperationId,
    readonly response: Response,
    readonly largest: number,
    readonly idempotencyKey: string | undefined,
  ) {
    this.#kind = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  }

  /** JSON, the bytes of a file, or nothing: as the interface promises. */
  async read(): Promise<unknown> {
    const promised = (OPERATIONS[this.id].answers as Record<number, Promised>)[this.response.status];
    const bytes = await this.#content();
    if (!promised) throw this.#unexpected("this status is not promised");
    const { fields, isList, files = [] } = promised;
    if (!fields && !isList && files.length === 0) return undefined;
    if (files.includes(this.#kind)) {
      // HTML may be a file, or the page of a proxy
      if (!this.response.headers.has("x-request-id")) throw this.#unexpected("it has no X-Request-ID");
      return bytes;
    }
    const kinds = fields || isList ? ["application/json", ...files] : files;
    if (!kinds.includes(this.#kind)) throw this.#unexpected(`promised is ${kinds.join(" or ")}`, bytes);
    const json = jsonIn(bytes);
    if (json === undefined) throw this.#unexpected("it only says that it is JSON, or is not whole");
    if (isList ? !Array.isArray(json) : !isObject(json)) throw this.#unexpected(isList ? "it is no list" : "it is no object");
    const missing = fields?.filter((field) => !(field in (json as object))) ?? [];
    if (missing.length > 0) throw this.#unexpected(`it has no ${missing.join(", ")}`);
    return json;
  }

  async problem(): Promise<ProblemError> {
    return new ProblemError(problemIn(await this.#content()) ?? foreign(this.response), {
      retryAfter: retryAfterOf(this.response.headers, Date.now()),
      requestId: this.response.headers.get("x-request-id") ?? undefined,
      idempotencyKey: this.idempotencyKey,
    });
  }

  async #content(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    let count = 0;
    // leaving the loop ends the connection
    for await (const part of (this.response.body ?? []) as AsyncIterable<Uint8Array>) {
      count += part.length;
      if (count > this.largest) throw this.#unexpected(`it has more than ${this.largest} bytes`);
      parts.push(part);
    }
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** The error that says what came, why it cannot be, and what to look at. */
  #unexpected(why: string, bytes?: Uint8Array): UnexpectedAnswerError {
    const { method, path } = OPERATIONS[this.id];
    const { status, headers } = this.response;
    // JSON and files may be the service's own, and tell of a firm
    const begun = bytes && ["text/html", "text/plain"].includes(this.#kind) ? `; it begins with ${beginning(bytes)}` : "";
    return new UnexpectedAnswerError(
      `${method} ${path} was answered with status ${status} and ${this.#kind || "no content type"}: ${why}${begun}. ` +
        `Is this the address of the service, is it of version ${VERSION} or later, and what stands in front of it?`,
      {
        status,
        contentType: headers.get("content-type") ?? undefined,
        requestId: headers.get("x-request-id") ?? undefined,
        idempotencyKey: this.idempotencyKey,
      },
    );
  }
}

/** How a page begins, without a key, or a word so long that it may be a token, an account, or anything but a word. */
function beginning(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.slice(0, 2000)).replaceAll(/hbk_\S*|[\w+/=-]{16,}/g, "...");
  return JSON.stringify(text.replaceAll(/[\s\p{C}]+/gu, " ").trim().slice(0, 100));
}

function isObject(json: unknown): json is object {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function problemIn(bytes: Uint8Array): Problem | undefined {
  const json = jsonIn(bytes);
  if (!isObject(json)) return undefined;
  const { code, status, title, detail, errors = [] } = json as Partial<Problem>;
  const isOne = [code, title, detail].every((one) => typeof one === "string") && typeof status === "number";
  return isOne && (errors === null || Array.isArray(errors)) ? (json as Problem) : undefined;
}

function foreign(response: Response): Problem {
  return {
    type: "about:blank",
    code: "",
    title: response.statusText || "Error",
    status: response.status,
    detail:
      response.status >= 300 && response.status < 400
        ? leadsTo(response)
        : "the answer is no problem document: it is not from the service",
  };
}

/** Of a redirect: where to, without what a query may have of secrets. */
function leadsTo(response: Response): string {
  const text = response.headers.get("location") ?? "";
  const there = URL.canParse(text) ? `to ${new URL(text).origin}` : "elsewhere";
  return `redirects are not followed, and this one leads ${there}: is baseUrl right?`;
}
