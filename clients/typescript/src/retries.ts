import { ArgumentError } from "./problems.js";

/** How patient a client is. Times are seconds. */
export interface Retries {
  /** Repetitions of one request that failed; 0 sends each once. Waiting for its own earlier attempt does not count. */
  readonly atMost: number;
  /** Each further pause is up to twice as long. */
  readonly firstPause: number;
  /** Where `Retry-After` asks for more, the problem is thrown at once: its `retryAfter` says when. */
  readonly longestPause: number;
  /** From the first request, after which none is repeated. */
  readonly longestTotal: number;
}

/** Measures and waits. Another one makes tests of waits quick. */
export interface Clock {
  /** Seconds since some moment. */
  now(): number;
  /** Waits, or throws the reason of the signal where that comes first. */
  sleep(seconds: number, signal?: AbortSignal | undefined): Promise<void>;
}

export const CLOCK: Clock = {
  now: () => performance.now() / 1000,
  sleep: (seconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, 1000 * seconds);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

const LONGEST = 86_400;

/** A number of seconds that a caller gave. */
export function secondsOf(argument: string, value: number, least = 0): number {
  if (typeof value === "number" && value >= least && value <= LONGEST) return value;
  throw new ArgumentError(argument, `is a number of seconds from ${least} to ${LONGEST}`);
}

/** The numbers of a caller in place of the usual ones. */
export function retriesOf(given: Partial<Retries> | undefined): Retries {
  const retries = { ...RETRIES, ...given };
  if (!(retries.atMost >= 0)) throw new ArgumentError("atMost", "is a number of repetitions, 0 or more");
  if (!(retries.longestTotal >= 0)) throw new ArgumentError("longestTotal", "is a number of seconds, 0 or more");
  secondsOf("firstPause", retries.firstPause);
  secondsOf("longestPause", retries.longestPause);
  return retries;
}

export const RETRIES: Retries = { atMost: 4, firstPause: 0.5, longestPause: 20, longestTotal: 120 };

const PASSING = new Set([408, 429, 502, 503, 504]);
/** The body did not arrive, or the request was turned away at the door. */
const NOTHING_DONE = new Set([408, 429]);
/** Another request with the same key is at work: the answer comes to the one that asks again. */
const OF_A_REPETITION = new Set(["decision-in-progress", "decision-overtaken"]);
/** Without a connection, nothing was sent. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** Seconds: no repetitions are counted while a client waits for its own attempt, so it must not ask in a loop. */
const OWN_PAUSE = 0.1;

/**
 * Seconds before a repetition; undefined where there is none.
 *
 * @param repetition 1 for the first one.
 * @param now What the answer asked for, seconds since the first request, and a chance from 0 to 1, so that clients
 *   that failed together do not come back together. `isOwn` where the client only waits for its own earlier attempt:
 *   time alone ends that.
 */
export function pauseBefore(
  repetition: number,
  retries: Retries,
  now: { retryAfter: number | undefined; elapsed: number; chance: number; isOwn?: boolean },
): number | undefined {
  if (repetition > retries.atMost && (!now.isOwn || retries.atMost === 0)) return undefined;
  let pause: number;
  if (now.retryAfter === undefined) {
    pause = Math.min(retries.longestPause, retries.firstPause * 2 ** Math.min(repetition - 1, 60)) * (0.5 + now.chance / 2);
  } else if (now.retryAfter > retries.longestPause) {
    return undefined;
  } else {
    pause = now.retryAfter + retries.firstPause * now.chance;
  }
  if (now.isOwn) pause = Math.max(pause, OWN_PAUSE);
  return now.elapsed + pause <= retries.longestTotal ? pause : undefined;
}

/**
 * Whether the same request may bring another answer, and does no harm.
 *
 * @param mayRepeat Whether the request only reads, or has an idempotency key.
 */
export function isPassing(status: number, code: string, mayRepeat: boolean): boolean {
  if (!mayRepeat) return NOTHING_DONE.has(status);
  return PASSING.has(status) || isOwnAttempt(status, code);
}

/** Whether a request with an idempotency key came while an earlier attempt at it is at work. */
export function isOwnAttempt(status: number, code: string): boolean {
  return status === 409 && OF_A_REPETITION.has(code);
}

/** Whether a request that failed did not even reach the service. */
export function isNotSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && NOT_SENT.has(String(cause.code));
}

/**
 * Seconds that an answer asks to wait, said as a number or as a date; undefined where it says nothing readable.
 *
 * A date is compared with the answer's own, where it has one: the clocks of both sides may differ.
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = (headers.get("retry-after") ?? "").trim();
  if (/^[0-9]+$/.test(text)) return text.length < 10 ? Number(text) : undefined; // of centuries
  const at = instantOf(text);
  return at === undefined ? undefined : Math.max(0, (at - (instantOf(headers.get("date") ?? "") ?? now)) / 1000);
}

function instantOf(text: string): number | undefined {
  // `Date.parse` alone takes -1 for a year
  const at = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
