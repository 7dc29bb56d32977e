import { log } from '@tallykit/exporter-base';
import { COMPONENT } from './options.ts';

/** A setting that is set and changes nothing. */
export interface UnusedSetting {
  /** The option or the variable. */
  readonly name: string;
  /** Why, as it follows the name: `the code names the backend`. */
  readonly reason: string;
}

/** Collects the settings that change nothing, so that all of them are named in one warning. */
export class UnusedSettings {
  readonly #found = new Map<string, string>();

  add(name: string, reason: string): void {
    if (!this.#found.has(name)) this.#found.set(name, reason);
  }

  get list(): readonly UnusedSetting[] {
    return [...this.#found].map(([name, reason]) => ({ name, reason }));
  }
}

/** Names all of them in one warning. */
export function logUnused(unused: readonly UnusedSetting[]): void {
  if (unused.length === 0) return;
  const named = unused.map(({ name, reason }) => `\`${name}\` (${reason})`);
  log('warn', `${COMPONENT}: these settings have no effect: ${named.join(', ')}`);
}
