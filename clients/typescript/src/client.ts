import { OPERATIONS, VERSION } from "./operations.js";
import { JobEndedError, JobNotDoneError, NoAnswerError, ProblemError, UnexpectedAnswerError } from "./problems.js";
import { isNotSent, isPassing, pauseBefore, RETRIES, retryAfterOf, type Retries } from "./retries.js";
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
    : { query?: Query }
  : unknown;
type KeyOf<Id extends OperationId> = (typeof OPERATIONS)[Id]["takesKey"] extends true
  ? {
      /** One for each thing that is to happen once; without it, one is made up. */
      idempotencyKey?: string;
    }
  : unknown;
type PreferenceOf<Id extends OperationId> = Id extends "createDecision"
  ? {
      /** `respond-async`, or `respond-async, wait=10`: to be answered with a job. */
      prefer?: string;
    }
  : unknown;
interface Common {
  /** Ends the request, and its repetitions. */
  signal?: AbortSignal;
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
  readonly timeout?: number;
  /** How patient the client is. */
  readonly retries?: Partial<Retries>;
  /** How it sends, in place of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

interface Loose extends Common {
  path?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  contentType?: string;
  idempotencyKey?: string;
  prefer?: string;
}

const ASK_EVERY = { first: 0.5, longest: 5 };

// Its methods are added below, from the table.
export interface Client extends Methods {}

/** A client of the service. Each request of the interface is a method of it. */
export class Client {
  readonly #base: string;
  readonly #key: string;
  readonly #timeout: number;
  readonly #retries: Retries;
  readonly #fetch: typeof fetch;

  /**
   * @param baseUrl Where the service is, such as `https://hauptbuch.bank.example`.
   * @param key An API key (`hbk_...`). It is sent to the service, and shown nowhere.
   */
  constructor(baseUrl: string, key: string, options: Options = {}) {
    if (!/^https?:\/\//.test(baseUrl)) {
      throw new TypeError("this is no address of the service: it has to begin with https:// or http://");
    }
    if (!/^hbk_[!-~]+$/.test(key)) throw new TypeError("this is no API key of the service: it has to begin with hbk_");
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#key = key;
    this.#timeout = options.timeout ?? 90;
    this.#retries = { ...RETRIES, ...options.retries };
    this.#fetch = options.fetch ?? fetch;
  }

  /**
   * Send a request, repeat it where that helps, and read its answer.
   *
   * @throws {ProblemError} The service answered with a problem.
   * @throws {NoAnswerError} There was no answer.
   * @throws {UnexpectedAnswerError} It is not what the interface promises.
   */
  async call<Id extends OperationId>(id: Id, args: Arguments<Id>): Promise<Result<Id>> {
    const { method, path, takesKey } = OPERATIONS[id];
    const given = args as Loose;
    const idempotencyKey = takesKey ? (given.idempotencyKey ?? crypto.randomUUID()) : undefined;
    if (idempotencyKey !== undefined && !/^[!-~]{1,80}$/.test(idempotencyKey)) {
      throw new TypeError("an idempotency key is 1 to 80 visible ASCII characters");
    }
    const mayRepeat = method === "GET" || idempotencyKey !== undefined;
    const request = () =>
      new Request(this.#base + address(path, given), {
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
    const begun = performance.now();
    for (let repetition = 1; ; repetition++) {
      let error: ProblemError | NoAnswerError;
      let helps: boolean;
      try {
        const response = await this.#fetch(request());
        if (response.ok) return (await read(id, response)) as Result<Id>;
        const problem = await problemOf(response, idempotencyKey);
        error = problem;
        helps = isPassing(problem.status, problem.code, mayRepeat);
      } catch (failure) {
        given.signal?.throwIfAborted();
        if (failure instanceof UnexpectedAnswerError || !isTransport(failure)) throw failure;
        const cause: Error & { code?: unknown } = failure.cause instanceof Error ? failure.cause : failure;
        const why = cause.message || String(cause.code);  // of several addresses, each with an error, there is no message
        error = new NoAnswerError(`${method} ${this.#base}${path} got no answer: ${why}`, { cause, idempotencyKey });
        helps = mayRepeat || isNotSent(failure);
      }
      const pause = pauseBefore(repetition, this.#retries, {
        retryAfter: error instanceof ProblemError ? error.retryAfter : undefined,
        elapsed: (performance.now() - begun) / 1000,
        chance: Math.random(),
      });
      if (pause === undefined || !helps) throw error;
      await sleep(pause, given.signal);
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
    options: { idempotencyKey?: string; signal?: AbortSignal } = {},
  ): Promise<DecisionResponse> {
    return (await this.call("createDecision", { body: application, ...options })) as DecisionResponse;
  }

  /** Hand an application in. The answer is a job, or the decision where it is made within `wait` seconds. */
  decideLater(
    application: ApplicationRequest,
    { wait, ...options }: { wait?: number; idempotencyKey?: string; signal?: AbortSignal } = {},
  ): Promise<DecisionResponse | JobResponse> {
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
    { seconds = 900, signal }: { seconds?: number; signal?: AbortSignal } = {},
  ): Promise<DecisionResponse> {
    const until = performance.now() + 1000 * seconds;
    const common = signal ? { signal } : {};
    let pause = ASK_EVERY.first;
    while (job.decision_id === null) {
      if (job.state !== "waiting" && job.state !== "running") throw new JobEndedError(job);
      if (performance.now() + 1000 * pause > until) throw new JobNotDoneError(job);
      await sleep(pause, signal);
      pause = Math.min(2 * pause, ASK_EVERY.longest);
      job = await this.call("getJob", { path: { job_id: job.job_id }, ...common });
    }
    return this.call("getDecision", { path: { decision_id: job.decision_id }, ...common });
  }

  /** Every page of a list: `client.pages("listDecisions", { query: { verdict: "refer" } })`. */
  async *pages<Id extends ListId>(id: Id, ...[args]: Parameters<Methods[Id]>): AsyncGenerator<PageOf<Id>> {
    let further: Record<string, unknown> = {};
    for (;;) {
      const given = (args ?? {}) as Loose;
      const query = { ...given.query, ...further };
      const page = (await this.call(id, { ...given, query } as unknown as Arguments<Id>)) as PageOf<Id>;
      yield page;
      const { next_cursor: cursor, next_after: after } = page as { next_cursor?: unknown; next_after?: unknown };
      if (cursor) further = { cursor };
      else if (typeof after === "number") further = { after };
      else return;
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

function address(path: string, { path: values = {}, query = {} }: Loose): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name] ?? "");
    if (/^\.*$/.test(value)) throw new TypeError(`${name} is empty, or made of dots: it would lead elsewhere`);
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
  const timeout = AbortSignal.timeout(1000 * seconds);
  return signal ? AbortSignal.any([timeout, signal]) : timeout;
}

/** `fetch` throws a TypeError where it gets no answer, and a TimeoutError where it waited for too long. */
function isTransport(failure: unknown): failure is Error {
  const isFetch = failure instanceof TypeError && (failure.cause !== undefined || failure.message === "terminated");
  return isFetch || (failure instanceof Error && failure.name === "TimeoutError");
}

async function read(id: OperationId, response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const kind = response.headers.get("content-type") ?? "nothing";
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!kind.startsWith("application/json")) return bytes;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UnexpectedAnswerError(`${id} was answered with something that only says that it is JSON`);
  }
}

async function problemOf(response: Response, idempotencyKey: string | undefined): Promise<ProblemError> {
  const text = await response.text();
  return new ProblemError(problemIn(text) ?? foreign(response), {
    retryAfter: retryAfterOf(response.headers, Date.now()),
    requestId: response.headers.get("x-request-id") ?? undefined,
    idempotencyKey,
  });
}

function problemIn(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    const isOne = typeof problem?.code === "string" && typeof problem.status === "number";
    return isOne ? (problem as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function foreign(response: Response): Problem {
  return {
    type: "about:blank",
    code: "",
    title: response.statusText || "Error",
    status: response.status,
    detail: "the answer is no problem document: it is not from the service",
  };
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, 1000 * seconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
