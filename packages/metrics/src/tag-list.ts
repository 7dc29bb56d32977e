import { describe } from './describe.ts';
import { logOnce } from './log-once.ts';
import { tagText } from './tags.ts';

/** The most tags of a series, which is OpenTelemetry's own limit for the attributes of spans. Further ones are left out. */
export const MAX_TAGS = 128;

/** The tags of one series while they are collected. */
export class TagList {
  readonly tags: Map<string, string>;
  /** How many tags were left out. */
  dropped = 0;

  constructor(tags: Iterable<readonly [string, string]> = []) {
    this.tags = new Map(tags);
  }

  /** Adds a tag, or changes its value, and returns whether it now is what was passed: not left out, and not cut. */
  put(tag: string, value: unknown): boolean {
    const name = tagText(tag);
    const text = name === '' ? undefined : tagText(value);
    if (name === undefined || text === undefined) {
      this.#leaveOut(
        'tag',
        `tag ${describe(tag)} is left out: a tag needs a name, and a string, number, bigint or boolean, not ${describe(value)}`,
      );
      return false;
    }
    if (this.tags.size >= MAX_TAGS && !this.tags.has(name)) {
      this.#leaveOut('tags', `a series has more than ${MAX_TAGS} tags; the others are left out`);
      return false;
    }
    this.tags.set(name, text);
    return name === tag && (typeof value !== 'string' || text === value);
  }

  #leaveOut(topic: string, message: string): void {
    this.dropped += 1;
    logOnce(topic, '', message);
  }
}
