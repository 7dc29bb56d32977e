import type { ReadSettings } from '@tallykit/node';

/** Something that is wrong, or good to know. */
export interface Finding {
  /** A `problem` keeps metrics from arriving; a `note` may be what somebody looks for. */
  readonly level: 'problem' | 'note';
  /** What it is, as a sentence without a full stop. */
  readonly cause: string;
  /** What to do about it. */
  readonly remedy?: string | undefined;
}

/** What became of the counter, the timing and the event at one backend. */
export interface SentResult {
  /** The backend's name. */
  readonly key: string;
  /** Where it sends to. */
  readonly destination: string;
  /**
   * `delivered`: the receiver has confirmed it. `unconfirmed`: it was handed over, and nobody says what became of it. `waiting`:
   * it is handed out when somebody asks. `failed`: see `findings`.
   */
  readonly state: 'delivered' | 'unconfirmed' | 'waiting' | 'failed';
  /** The same for people. */
  readonly text: string;
  /** Whether the backend takes events. */
  readonly takesEvents: boolean;
  readonly findings: readonly Finding[];
}

/** Everything that `doctor` has found. */
export interface Diagnosis {
  /** Whether nothing is wrong, as far as can be known. */
  readonly ok: boolean;
  /** Which `@tallykit/node` was asked. */
  readonly package: { readonly version: string; readonly ofProject: boolean };
  /** `undefined` where a setting is wrong. */
  readonly settings: ReadSettings | undefined;
  readonly sent: readonly SentResult[];
  readonly findings: readonly Finding[];
}

export function problem(cause: string, remedy?: string): Finding {
  return { level: 'problem', cause, remedy };
}

export function note(cause: string, remedy?: string): Finding {
  return { level: 'note', cause, remedy };
}
