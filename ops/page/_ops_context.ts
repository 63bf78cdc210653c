import type { Context, Hono } from "hono";
import type { DeadLetters } from "../../messaging/dead_letters/dead_letters.ts";
import type { Listener } from "../../messaging/listener/listener.ts";
import type { Operator, OpsOptions, OpsRight } from "../options.ts";

/** The parts of a fleet that the page shows, with defaults filled in. */
export interface OpsParts extends OpsOptions {
  readonly deadLetters: DeadLetters;
  readonly listeners: readonly Listener[];
  readonly service: string;
}

/** What a request brings to a page. */
export interface OpsBindings {
  /** Path below the root of the page, from `/`. */
  readonly path: string;
  /** The root of the page as a relative URL. */
  readonly root: string;
  /** Who asks. */
  readonly operator: Operator;
  /** Nonce of the style of the answer. */
  readonly nonce: string;
}

/** The pages: they know nothing of where they are mounted. */
export type OpsPages = Hono<OpsEnv>;

/** The environment of a page's handler. */
export interface OpsEnv {
  Bindings: OpsBindings;
}

/** The context of a page's handler. */
export type OpsContext = Context<OpsEnv>;

/** Whether the operator may do it. */
export function may(c: OpsContext, right: OpsRight): boolean {
  return c.env.operator.can.includes(right);
}
