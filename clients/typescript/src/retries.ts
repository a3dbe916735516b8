/** How patient a client is. Times are seconds. */
export interface Retries {
  /** Repetitions of one request; 0 sends each once. */
  readonly atMost: number;
  /** Each further pause is up to twice as long. */
  readonly firstPause: number;
  /** Where `Retry-After` asks for more, the problem is thrown at once: its `retryAfter` says when. */
  readonly longestPause: number;
  /** From the first request, after which none is repeated. */
  readonly longestTotal: number;
}

export const RETRIES: Retries = { atMost: 4, firstPause: 0.5, longestPause: 20, longestTotal: 120 };

const PASSING = new Set([408, 429, 502, 503, 504]);
/** The body did not arrive, or the request was turned away at the door. */
const NOTHING_DONE = new Set([408, 429]);
/** Another request with the same key is at work: the answer comes to the one that asks again. */
const OF_A_REPETITION = new Set(["decision-in-progress", "decision-overtaken"]);
/** Without a connection, nothing was sent. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * Seconds before a repetition; undefined where there is none.
 *
 * @param repetition 1 for the first one.
 * @param now What the answer asked for, seconds since the first request, and a chance from 0 to 1, so that clients
 *   that failed together do not come back together.
 */
export function pauseBefore(
  repetition: number,
  retries: Retries,
  now: { retryAfter: number | undefined; elapsed: number; chance: number },
): number | undefined {
  if (repetition > retries.atMost) return undefined;
  let pause: number;
  if (now.retryAfter === undefined) {
    pause = Math.min(retries.longestPause, retries.firstPause * 2 ** (repetition - 1)) * (0.5 + now.chance / 2);
  } else if (now.retryAfter > retries.longestPause) {
    return undefined;
  } else {
    pause = now.retryAfter + retries.firstPause * now.chance;
  }
  return now.elapsed + pause <= retries.longestTotal ? pause : undefined;
}

/**
 * Whether the same request may bring another answer, and does no harm.
 *
 * @param mayRepeat Whether the request only reads, or has an idempotency key.
 */
export function isPassing(status: number, code: string, mayRepeat: boolean): boolean {
  if (!mayRepeat) return NOTHING_DONE.has(status);
  return PASSING.has(status) || (status === 409 && OF_A_REPETITION.has(code));
}

/** Whether a request that failed did not even reach the service. */
export function isNotSent(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && NOT_SENT.has(String(cause.code));
}

/** Seconds that an answer asks to wait, said as a number or as a date; undefined where it says nothing readable. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = (headers.get("retry-after") ?? "").trim();
  if (/^[0-9]+$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}
