/** A program of a caller, which compiles under strict rules. What must not compile is marked. */
import { ArgumentError, Client, HauptbuchError, JobEndedError, NoAnswerError, ProblemError, UnexpectedAnswerError, RETRIES, type ApplicationRequest, type Clock, type DecisionResponse, type Options } from "../src/index.js";
import { verify, WebhookVerificationError, type WebhookEvent } from "../src/webhooks.js";

const key: string = "hbk_x";
const options: Options = { timeout: 60, retries: { ...RETRIES, longestTotal: 300 } };
const client = new Client("https://hauptbuch.bank.example", key, options);

export async function decide(reference: string, token: string, signal?: AbortSignal): Promise<string | undefined> {
  const application: ApplicationRequest = {
    borrower_ref: reference,
    legal_form: "gmbh",
    product: "working_capital",
    amount: { value: "12000.00", currency: "EUR" },
    term_months: 12,
    sevdesk_token: token,
  };
  try {
    const decision: DecisionResponse = await client.decide(application, { idempotencyKey: reference, signal });
    switch (decision.verdict) {
      case "approve":
        return decision.offer?.max_amount.value;
      case "decline":
        return decision.causes[0]?.code;
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof ProblemError) {
      if (error.code === "quota-used-up") return String(error.retryAfter ?? 0);
      return error.problem.errors?.map((one) => one.field).join();
    }
    if (error instanceof NoAnswerError) return error.idempotencyKey;
    if (error instanceof UnexpectedAnswerError) return `${error.status} ${error.contentType}`;
    if (error instanceof ArgumentError) return error.argument;
    if (error instanceof JobEndedError) return error.job.state;
    if (error instanceof HauptbuchError) return error.message;
    throw error;
  }
}

export async function others(verdict?: "refer" | "approve" | undefined, status?: "open"): Promise<number> {
  const answer = await client.decideLater({} as ApplicationRequest, { wait: 10 });
  const decision = "job_id" in answer ? await client.waitFor(answer, { seconds: 300 }) : answer;
  let n = decision.reasons.length;
  for await (const one of client.each("listDecisions", { query: { verdict, limit: 2 } })) n += one.decision_id.length;
  for await (const page of client.pages("listDecisions")) n += page.damaged?.length ?? page.items.length;
  for await (const found of client.each("listCases", { query: { status } })) n += found.case_id.length;
  for await (const row of client.each("getPortfolioResults", { path: { portfolio_id: "por_1" } })) n += row.line;
  const memo: Uint8Array = await client.getMemo({ path: { decision_id: decision.decision_id }, query: { format: "pdf" } });
  const models = await client.listModels();
  await client.deleteWebhook({ path: { webhook_id: "whk_1" } });
  const hook = await client.createWebhook({ body: { url: "https://x.example" } });
  // @ts-expect-error
  decision.verdict === "aproved";
  // @ts-expect-error
  await client.getDecision();
  // @ts-expect-error
  const bad: ApplicationRequest = { borrower_ref: "a", legal_form: "gmbh", product: "working_capital", amount: { value: "1.00", currency: "EUR" }, term_months: 12 };
  return n + memo.length + (models[0]?.name.length ?? 0) + hook.secret.length;
}

export function hook(body: Uint8Array, headers: Headers): WebhookEvent | undefined {
  try {
    return verify(body, headers, { publicKeys: ["whpk_..."] });
  } catch (error) {
    if (error instanceof WebhookVerificationError) return undefined;
    throw error;
  }
}
export const clock: Clock = { now: () => 0, sleep: async () => undefined };
