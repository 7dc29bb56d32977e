import { describeRejected } from '@tallykit/exporter-base';
import { untilAborted } from './until-aborted.ts';

/** Gives the API key. Called before the first request, and again when Datadog refuses the key. */
export type ApiKeyFunction = () => string | Promise<string>;

/** The API key, or why there is none; without the key, for people. */
export type KeyAnswer = { readonly key: string } | { readonly reason: string };

/**
 * The API key of an exporter: a text, or what a function gives. It is in private fields, so that it doesn't show when
 * something that holds it is printed.
 */
export class ApiKey {
  readonly #ask: ApiKeyFunction | undefined;
  #key: string | undefined;
  /** The last two keys, the newer one first. */
  #known: readonly string[] = [];
  /** Requests that need a key at the same time wait for the same answer. */
  #asking: Promise<KeyAnswer> | undefined;

  /** @param given a key that {@link parseKey} accepts, or a function that gives one */
  constructor(given: string | ApiKeyFunction) {
    if (typeof given === 'string') {
      this.#key = given;
      this.#remember(given);
    } else {
      this.#ask = given;
    }
  }

  /** Whether another key can be had when this one is refused. */
  get isAsked(): boolean {
    return this.#ask !== undefined;
  }

  /** The keys that must not be shown: the current one and the one before. */
  get secrets(): readonly string[] {
    return this.#known;
  }

  /**
   * The key. Never rejects.
   *
   * @param signal ends the wait for a function that takes too long
   * @param refused a key that Datadog refused: another one is asked for, unless that was done meanwhile
   */
  async get(signal: AbortSignal, refused?: string): Promise<KeyAnswer> {
    const ask = this.#ask;
    if (ask !== undefined && this.#key === refused) this.#key = undefined;
    if (this.#key !== undefined) return { key: this.#key };
    const asking = (this.#asking ??= answerOf(ask!));
    const answer = await untilAborted(asking, signal);
    // Once it is answered, or too late, the next request that needs a key asks anew.
    const isCurrent = this.#asking === asking;
    if (isCurrent) this.#asking = undefined;
    if (answer === undefined) return { reason: 'the function in the option `apiKey` gave no key in time' };
    if ('reason' in answer) return answer;
    if (isCurrent) this.#key = answer.key;
    this.#remember(answer.key);
    return answer;
  }

  #remember(key: string): void {
    this.#known = [key, ...this.#known.filter((one) => one !== key)].slice(0, 2);
  }
}

/** A key without the blanks and line ends around it; `undefined` for what can't be sent in a header. */
export function parseKey(text: string): string | undefined {
  const key = text.trim();
  return /^[\x21-\x7e]+$/.test(key) ? key : undefined;
}

/** Never rejects. */
async function answerOf(ask: ApiKeyFunction): Promise<KeyAnswer> {
  let given: unknown;
  try {
    given = await ask();
  } catch (error) {
    return { reason: `the function in the option \`apiKey\` failed${kindOf(error)}` };
  }
  const key = typeof given === 'string' ? parseKey(given) : undefined;
  if (key !== undefined) return { key };
  const wrong = typeof given === 'string' && given.trim() !== '' ? WRONG_CHARACTERS : describeRejected(given);
  return { reason: `the function in the option \`apiKey\` must give a key, not ${wrong}` };
}

const WRONG_CHARACTERS = "a text with characters that can't be sent in a header";

/** The code or the class of an error, such as ECONNREFUSED or AccessDeniedException. */
const KIND = /^(?:[A-Z_]{1,60}|[A-Za-z]{0,60}(?:Error|Exception))$/;

/** What kind of error it is. Its message is not shown, because a key may stand in it. */
function kindOf(error: unknown): string {
  try {
    const { code, name } = error as { code?: unknown; name?: unknown };
    const kind = [code, name].find((word) => typeof word === 'string' && KIND.test(word)) as string;
    return kind === undefined ? '' : ` with ${kind}`;
  } catch {
    return '';
  }
}
