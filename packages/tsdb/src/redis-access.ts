import type { Clock } from '@tallykit/exporter-base';

/**
 * What a command is for: writing a batch, reading an index, reading values. A server may do one of them and refuse another:
 * a read-only replica, a user without some permission.
 */
export type Purpose = 'write' | 'list' | 'read';

/** How a command failed: Redis answered with an error, or there was no answer. */
export type FailureKind = 'answer' | 'connection';

const PURPOSES: readonly Purpose[] = ['write', 'list', 'read'];

const FIRST_PAUSE_MILLIS = 250;
const LONGEST_PAUSE_MILLIS = 10_000;

/** How commands of one purpose fare. */
interface Access {
  /** How the last one failed; `undefined` when it worked. */
  failure: FailureKind | undefined;
  reason: string;
  pauseMillis: number;
  pausedUntil: number;
  pausedBy: FailureKind | undefined;
}

/** Remembers which purposes fail, and for how long no further command of them is sent: after each failure for longer. */
export class RedisAccess {
  readonly #clock: Clock;
  readonly #byPurpose: Readonly<Record<Purpose, Access>> = {
    write: newAccess(),
    list: newAccess(),
    read: newAccess(),
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether some purpose has failed and not worked since. */
  get isFailing(): boolean {
    return PURPOSES.some((purpose) => this.#byPurpose[purpose].failure !== undefined);
  }

  /** Milliseconds until commands of this purpose are tried again. */
  pauseLeft(purpose: Purpose): number {
    return Math.max(this.#byPurpose[purpose].pausedUntil - this.#clock.now(), 0);
  }

  /** Why commands of this purpose pause. */
  reasonFor(purpose: Purpose): string {
    return this.#byPurpose[purpose].reason;
  }

  /** Ends the pause after a failure to write. The next pause is a short one again. */
  hurry(): void {
    this.#byPurpose.write.pausedUntil = 0;
    this.#byPurpose.write.pauseMillis = 0;
  }

  /** @param pausesAll whether no command can work, whatever its purpose */
  failed(purpose: Purpose, reason: string, kind: FailureKind, pausesAll: boolean): void {
    for (const each of pausesAll ? PURPOSES : [purpose]) this.#pause(each, reason, kind);
    this.#byPurpose[purpose].failure = kind;
  }

  /** A command of this purpose has worked, so there is a connection. Whether writing works again, only a write can show. */
  worked(purpose: Purpose): void {
    for (const each of PURPOSES) {
      const access = this.#byPurpose[each];
      if (each === purpose) {
        access.failure = undefined;
        access.pauseMillis = 0;
        access.pausedUntil = 0;
        continue;
      }
      if (access.pausedBy === 'connection') access.pausedUntil = 0;
      if (access.failure === 'connection' && each !== 'write') access.failure = undefined;
    }
  }

  #pause(purpose: Purpose, reason: string, pausedBy: FailureKind): void {
    const access = this.#byPurpose[purpose];
    if (this.pauseLeft(purpose) > 0) return;
    access.reason = reason;
    access.pausedBy = pausedBy;
    access.pauseMillis = Math.min(Math.max(access.pauseMillis * 2, FIRST_PAUSE_MILLIS), LONGEST_PAUSE_MILLIS);
    access.pausedUntil = this.#clock.now() + access.pauseMillis;
  }
}

function newAccess(): Access {
  return { failure: undefined, reason: '', pauseMillis: 0, pausedUntil: 0, pausedBy: undefined };
}
