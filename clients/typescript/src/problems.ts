import type { ProblemCode } from "./operations.js";
import type { JobResponse, Problem } from "./schema.js";

/** Whatever this client throws on its own account. None of it is a decision: never treat a failure as a decline. */
export class HauptbuchError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The caller gave what cannot be right, such as a key that is none. Nothing was sent. */
export class ArgumentError extends HauptbuchError {
  /** Its name. */
  readonly argument: string;

  /** @param right What is right. What was given is not repeated: it may be a secret. */
  constructor(argument: string, right: string) {
    super(`${argument}: ${right}`);
    this.argument = argument;
  }
}

/** The service answered with a problem (RFC 9457), or something in front of it with an error of its own. */
export class ProblemError extends HauptbuchError {
  /** The document; of what is no problem document, `type` is `about:blank` and `code` empty. */
  readonly problem: Problem;
  /** The HTTP status. */
  readonly status: number;
  /** Which problem it is. Later versions may have more. */
  readonly code: ProblemCode | "";
  /** Seconds to wait before repeating the request, where the answer says so. */
  readonly retryAfter: number | undefined;
  /** Identifier of the request in the service's log: name it to the operator. */
  readonly requestId: string | undefined;
  /** The key that the request had. The same request with it is made at most once. */
  readonly idempotencyKey: string | undefined;

  constructor(
    problem: Problem,
    more: {
      retryAfter?: number | undefined;
      requestId?: string | undefined;
      idempotencyKey?: string | undefined;
    } = {},
  ) {
    const faults = (problem.errors ?? []).map((one) => `${one.field}: ${one.message}`);
    super(`${problem.status} ${problem.title}: ${faults.join("; ") || problem.detail}`);
    this.problem = problem;
    this.status = problem.status;
    this.code = problem.code as ProblemCode | "";
    this.retryAfter = more.retryAfter;
    this.requestId = more.requestId;
    this.idempotencyKey = more.idempotencyKey;
  }
}

/**
 * The service could not be reached, or the connection ended before its answer was complete.
 *
 * Whether the request was carried out is unknown, unless it was a reading one. Send the same request with the same
 * `idempotencyKey`.
 */
export class NoAnswerError extends HauptbuchError {
  readonly idempotencyKey: string | undefined;

  constructor(message: string, options: { cause?: unknown; idempotencyKey?: string | undefined } = {}) {
    super(message, { cause: options.cause });
    this.idempotencyKey = options.idempotencyKey;
  }
}

/**
 * The answer is not what the interface promises: something else answered, or an older version.
 *
 * Where the request had an `idempotencyKey`, it may have been carried out: send the same with the same key.
 */
export class UnexpectedAnswerError extends HauptbuchError {
  /** The HTTP status. */
  readonly status: number;
  /** What the answer says that it is; empty where it says nothing. */
  readonly contentType: string;
  /** Identifier of the request in the service's log, where the service answered. */
  readonly requestId: string | undefined;
  /** The key that the request had. */
  readonly idempotencyKey: string | undefined;

  constructor(
    message: string,
    came: {
      status: number;
      contentType?: string | undefined;
      requestId?: string | undefined;
      idempotencyKey?: string | undefined;
    },
  ) {
    super(message);
    this.status = came.status;
    this.contentType = came.contentType ?? "";
    this.requestId = came.requestId;
    this.idempotencyKey = came.idempotencyKey;
  }
}

/** A job ended without a decision; `job.problem` says why, where one is known. */
export class JobEndedError extends HauptbuchError {
  constructor(readonly job: JobResponse) {
    super(`job ${job.job_id} is ${job.state}${job.problem ? `: ${job.problem.title}: ${job.problem.detail}` : ""}`);
  }
}

/** The wait is over, and the job is not; it goes on. Ask again, or let a webhook tell. */
export class JobNotDoneError extends HauptbuchError {
  constructor(readonly job: JobResponse) {
    super(`job ${job.job_id} is still ${job.state}`);
  }
}
