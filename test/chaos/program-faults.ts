// What can happen to the program itself. Programs that are told to play it import this before everything else: exporters take
// the clock when they are loaded.
import { closeSync, openSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import type { Child } from './child.ts';

export type ProgramFaultRequest =
  /** The program's clock is off by so much. */
  | { readonly type: 'clock'; readonly aheadMillis: number }
  /** Deadlines of {@link DEADLINE_MILLIS} are short: for a server that hangs, which takes all the time that there is. */
  | { readonly type: 'deadlines'; readonly areShort: boolean }
  /** It uses up all file descriptors that it may have, or frees them again. */
  | { readonly type: 'descriptors'; readonly areUsedUp: boolean };

/**
 * How long one attempt may take: longer than a machine ever needs for it, however busy it is. What takes less says nothing
 * about a server.
 */
export const DEADLINE_MILLIS = 120_000;
const SHORT_DEADLINE_MILLIS = 1_000;

/** A command under which a program may have so many file descriptors that it can use them up. */
export const FEW_DESCRIPTORS = ['/bin/sh', '-c', 'ulimit -n 256 && exec "$0" "$@"'] as const;

/** Lets a program play faults. */
export class ProgramFaults {
  readonly #ask: Child<ProgramFaultRequest>['ask'];

  constructor(ask: Child<ProgramFaultRequest>['ask']) {
    this.#ask = ask;
  }

  async setClockAhead(millis: number): Promise<void> {
    await this.#ask({ type: 'clock', aheadMillis: millis });
  }

  /** So that a server that hangs costs a test no more time. */
  async shortenDeadlines(): Promise<void> {
    await this.#ask({ type: 'deadlines', areShort: true });
  }

  async restoreDeadlines(): Promise<void> {
    await this.#ask({ type: 'deadlines', areShort: false });
  }

  async useUpDescriptors(): Promise<void> {
    await this.#ask({ type: 'descriptors', areUsedUp: true });
  }

  async freeDescriptors(): Promise<void> {
    await this.#ask({ type: 'descriptors', areUsedUp: false });
  }
}

const { now } = Date;
let aheadMillis = 0;
Date.now = () => now() + aheadMillis;

const { setTimeout } = timers;
let haveShortDeadlines = false;
const setTimeoutOrShorter = (callback: () => void, millis?: number): NodeJS.Timeout =>
  setTimeout(callback, haveShortDeadlines && millis === DEADLINE_MILLIS ? SHORT_DEADLINE_MILLIS : millis);
Object.assign(timers, { setTimeout: Object.assign(setTimeoutOrShorter, setTimeout) });
syncBuiltinESMExports();

const descriptors: number[] = [];
/** How many faults want descriptors to be used up. */
let users = 0;

/** The other side, in the program. */
export function playProgramFault(request: ProgramFaultRequest): undefined {
  if (request.type === 'clock') {
    aheadMillis = request.aheadMillis;
  } else if (request.type === 'deadlines') {
    haveShortDeadlines = request.areShort;
  } else if (request.areUsedUp) {
    users += 1;
    if (users === 1) useUpDescriptors();
  } else {
    users -= 1;
    if (users === 0) for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  }
  return undefined;
}

function useUpDescriptors(): void {
  try {
    for (;;) descriptors.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
}
