import type { DatadogScriptStep } from '@tallykit/testkit';
import type { Kind, Target } from './targets.ts';

/**
 * What becomes of that which is sent meanwhile.
 * - `refused`: it is certain that nothing is taken: all of it is kept and arrives later;
 * - `delayed`: the kernel takes it, and all of it arrives later;
 * - `lost`: the kernel takes it, and nobody reads it there, which the sender can't know;
 * - `unknown`: it is sent and not answered: what may be sent twice arrives in any case, the rest is counted as dropped;
 * - `split`: it arrives in smaller pieces;
 * - `forbidden`: nothing of it will ever be taken: it is counted as dropped.
 */
export type Effect = 'refused' | 'delayed' | 'lost' | 'unknown' | 'split' | 'forbidden';

/** Something that happens to a server. */
export interface Fault {
  readonly name: string;
  readonly effect: Effect;
  /** What the first line about it has to say. */
  readonly reason?: RegExp;
  /** Whether the exporter hears of it only when it is over, and then may say so. */
  readonly hasAftermath?: boolean;
  /** Whether an export only ends when its time is up. */
  readonly isSlow?: boolean;
  readonly begin: (target: Target) => Promise<void>;
  /** @param arrived resolves when all that is certain to arrive has done so */
  readonly end: (target: Target, arrived: () => Promise<void>) => Promise<void>;
}

const KILLED: Fault = {
  name: 'it is killed, and started again',
  effect: 'refused',
  reason: /ECONNREFUSED/,
  begin: ({ front }) => front.kill(),
  end: ({ front }) => front.start(),
};

const FROZEN: Fault = {
  name: 'it stops for a while',
  effect: 'delayed',
  begin: async ({ front }) => front.freeze(),
  end: async ({ front }) => front.thaw(),
};

/** To the sender, the other half of the connection is there until it isn't. */
const HALF_OPEN: Fault = {
  name: 'it stops, and is killed later',
  effect: 'lost',
  begin: async ({ front }) => front.freeze(),
  async end({ front }) {
    await front.kill();
    await front.start();
  },
};

/** On Linux, every address of 127.0.0.0/8 is there. */
const MOVED: Fault = {
  name: 'its name gets another address',
  effect: 'refused',
  reason: /ECONNREFUSED/,
  begin: ({ front }) => front.kill(),
  async end({ front, move }) {
    const address = front.host === '127.0.0.1' ? '127.0.0.2' : '127.0.0.1';
    await front.start({ host: address });
    await move(address);
  },
};

const REMOVED: Fault = {
  name: 'it ends, and takes its socket file with it',
  effect: 'refused',
  // A socket that is connected hears of the end before of the file.
  reason: /ENOENT|ECONNREFUSED/,
  begin: ({ front }) => front.remove(),
  end: ({ front }) => front.start(),
};

/** What is sent meanwhile goes to the old process, which hands it on as before. */
const REPLACED: Fault = {
  name: 'another process takes over its socket file',
  effect: 'delayed',
  hasAftermath: true,
  async begin(target) {
    const killOld = await target.front.replace();
    KILL_OLD.set(target, killOld);
  },
  async end(target, arrived) {
    // Not before it has handed on what it got.
    await arrived();
    await KILL_OLD.get(target)?.();
  },
};
const KILL_OLD = new WeakMap<Target, () => Promise<void>>();

const NAMED: readonly Fault[] = process.platform === 'linux' ? [MOVED] : [];

/** The intake does that with every request. */
function answers(name: string, effect: Effect, step: DatadogScriptStep, reason?: RegExp): Fault {
  return {
    name,
    effect,
    ...(reason && { reason }),
    begin: async ({ intake }) => intake?.scriptAll(step),
    end: async ({ intake }) => intake?.scriptAll(),
  };
}

const UNANSWERED = { reason: /no answer in time/, isSlow: true };

const TOO_MANY = { status: 429, headers: { 'X-RateLimit-Reset': '1' } };

const OF_HTTP: readonly Fault[] = [
  KILLED,
  ...NAMED,
  { ...FROZEN, effect: 'unknown', ...UNANSWERED },
  { ...HALF_OPEN, effect: 'unknown', ...UNANSWERED },
  answers('it answers 429', 'refused', { status: 429 }, /the answer was 429/),
  answers('it answers 429, and when to come again', 'refused', TOO_MANY, /the answer was 429/),
  {
    name: 'it answers 413',
    effect: 'split',
    begin: async ({ intake }) => intake?.script({ status: 413 }),
    end: async () => undefined,
  },
  answers('it answers 503', 'unknown', { status: 503 }, /the answer was 503/),
  { ...answers('it hangs, with what it read', 'unknown', { hang: 'stored' }), ...UNANSWERED },
  { ...answers('it hangs, and forgets it', 'unknown', { hang: 'lost' }), ...UNANSWERED },
  answers(
    'it resets the connection before it reads',
    'unknown',
    { reset: 'unread' },
    /ECONNRESET|other side|EPIPE/,
  ),
  answers(
    'it resets the connection before it answers',
    'unknown',
    { reset: 'unanswered' },
    /ECONNRESET|other side/,
  ),
  answers('it answers 403', 'forbidden', { status: 403 }),
];

/** What can happen to the server of an exporter. */
export const FAULTS: Readonly<Record<Kind, readonly Fault[]>> = {
  'statsd over UDP': [KILLED, FROZEN, HALF_OPEN, ...NAMED],
  'dogstatsd over UDP': [KILLED, FROZEN, HALF_OPEN, ...NAMED],
  'statsd over TCP': [KILLED, FROZEN, HALF_OPEN, ...NAMED],
  'statsd over unix datagrams': [KILLED, FROZEN, { ...HALF_OPEN, hasAftermath: true }, REMOVED, REPLACED],
  'dogstatsd over a unix stream': [KILLED, FROZEN, HALF_OPEN, REMOVED, REPLACED],
  datadog: OF_HTTP,
};
