/** A client of Hauptbuch, which decides on loans to small firms from their own books. */
export { Client, type Arguments, type ItemOf, type ListId, type OperationId, type Options, type PageOf, type Result } from "./client.js";
export { OPERATIONS, VERSION, type ProblemCode } from "./operations.js";
export * from "./problems.js";
export { RETRIES, type Clock, type Retries } from "./retries.js";
export type * from "./schema.js";
