import type { DatadogScriptStep } from '@tallykit/testkit';
import type { ProgramFaults } from './program-faults.ts';
import type { Kind, Target } from './targets.ts';

/**
 * What becomes of that which is sent meanwhile.
 * - `refused`: it is certain that nothing is taken: all of it is kept and arrives later;
 * - `delayed`: the kernel takes it, and all of it arrives later;
 * - `lost`: the kernel takes it, and nobody reads it there, which the sender can't know;
 * - `unknown`: it is sent and not answered: what may be sent twice arrives in any case, the rest is counted as dropped;
 * - `unread`: it is certain that nobody reads it: it is kept and arrives later, or is counted as dropped when it had left;
 * - `held`: it may have been taken, and all of it may be sent twice: it arrives;
 * - `split`: it arrives in smaller pieces;
 * - `forbidden`: nothing of it will ever be taken: it is counted as dropped;
 * - `ignored`: it is taken and answered, and thrown away because of its time, which the sender can't know.
 */
export type Effect =
  | 'refused'
  | 'delayed'
  | 'lost'
  | 'unknown'
  | 'unread'
  | 'held'
  | 'split'
  | 'forbidden'
  | 'ignored';

/** Something that happens to a server, to the way there, or to the program. */
export interface Fault {
  readonly name: string;
  readonly effect: Effect;
  /** What the first line about it has to say. */
  readonly reason?: RegExp;
  /** Whether the exporter hears of it only when it is over, and then may say so. */
  readonly hasAftermath?: boolean;
  /** Whether an export only ends when its time is up. */
  readonly isSlow?: boolean;
  /** What is not recorded meanwhile: it would have another fate than the rest. */
  readonly without?: readonly ('events' | 'gauges')[];
  readonly begin: (target: Target, program: ProgramFaults) => Promise<void>;
  /** @param arrived resolves when all that is certain to arrive has done so */
  readonly end: (target: Target, program: ProgramFaults, arrived: () => Promise<void>) => Promise<void>;
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
    move(address);
  },
};

/** An address to which nobody can connect, by UDP, by TCP or by HTTP: that of everybody on loopback. */
const NO_ROUTE: Fault = {
  name: 'its name gets an address to which there is no way',
  effect: 'refused',
  // A socket that is connected hears of the end before there is a new one.
  reason: /ECONNREFUSED|EACCES|ENETUNREACH/,
  async begin({ front, move }) {
    await front.kill();
    move('127.255.255.255');
  },
  async end({ front, move }) {
    await front.start();
    move(front.host);
  },
};

/** As a mesh or a balancer does that has nobody behind it. Whether a request or a line has left by then is chance. */
const TURNED_AWAY: Fault = {
  name: 'it takes connections, and ends them at once',
  effect: 'unread',
  async begin({ front }) {
    await front.kill();
    await front.start({ turnsAway: true });
  },
  async end({ front }) {
    await front.kill();
    await front.start();
  },
};

/** The server is there, and no new connection can be made. */
const NO_DESCRIPTORS: Fault = {
  name: 'the program has used up its file descriptors',
  effect: 'refused',
  reason: /EMFILE/,
  async begin({ front }, program) {
    await front.kill();
    await front.start();
    await program.useUpDescriptors();
  },
  end: (_, program) => program.freeDescriptors(),
};

/** A socket for datagrams that is there would reach the server. */
const NO_DESCRIPTORS_FOR_DATAGRAMS: Fault = {
  ...NO_DESCRIPTORS,
  reason: /EMFILE|ECONNREFUSED/,
  async begin({ front }, program) {
    await front.kill();
    await program.useUpDescriptors();
  },
  async end({ front }, program) {
    await front.start();
    await program.freeDescriptors();
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
  async end(target, _, arrived) {
    // Not before it has handed on what it got.
    await arrived();
    await KILL_OLD.get(target)?.();
  },
};
const KILL_OLD = new WeakMap<Target, () => Promise<void>>();

const NAMED: readonly Fault[] = process.platform === 'linux' ? [MOVED, NO_ROUTE] : [];

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

/** The program's clock is ahead for a while, or behind. Counts, gauges and sketches have times, and events don't need them. */
function clock(name: string, aheadMillis: number, fault: Pick<Fault, 'effect' | 'without'>): Fault {
  return {
    ...fault,
    name,
    begin: (_, program) => program.setClockAhead(aheadMillis),
    end: (_, program) => program.setClockAhead(0),
  };
}

const CLOCKS: readonly Fault[] = [
  clock('the clock was 5 s ahead, and is set back', 5_000, { effect: 'delayed' }),
  // Datadog throws away what is more than ten minutes ahead.
  clock('the clock was an hour ahead, and is set back', 3_600_000, {
    effect: 'ignored',
    without: ['events'],
  }),
  // What is older is no last value.
  clock('the clock is set back by 20 minutes, and put right', -1_200_000, {
    effect: 'delayed',
    without: ['gauges'],
  }),
];

const OF_HTTP: readonly Fault[] = [
  KILLED,
  ...NAMED,
  NO_DESCRIPTORS,
  ...CLOCKS,
  { ...TURNED_AWAY, effect: 'unknown' },
  { ...FROZEN, effect: 'unknown', ...UNANSWERED },
  { ...HALF_OPEN, effect: 'unknown', ...UNANSWERED },
  answers('it answers 429', 'refused', { status: 429 }, /the answer was 429/),
  answers('it answers 429, and when to come again', 'refused', TOO_MANY, /the answer was 429/),
  {
    name: 'it answers 413',
    effect: 'split',
    // One stands alone in its payload, which can't be cut.
    without: ['events'],
    begin: async ({ intake }) => intake?.script({ status: 413 }),
    end: async () => undefined,
  },
  {
    name: 'it answers 503, then 413, then 429',
    effect: 'held',
    reason: /the answer was 503/,
    without: ['events'],
    begin: async ({ intake }) => intake?.script({ status: 503 }, { status: 413 }, { status: 429 }),
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

const OF_UDP: readonly Fault[] = [KILLED, FROZEN, HALF_OPEN, ...NAMED, NO_DESCRIPTORS_FOR_DATAGRAMS];

/** What can happen to an exporter. */
export const FAULTS: Readonly<Record<Kind, readonly Fault[]>> = {
  'statsd over UDP': OF_UDP,
  'dogstatsd over UDP': OF_UDP,
  'statsd over TCP': [KILLED, FROZEN, HALF_OPEN, ...NAMED, TURNED_AWAY, NO_DESCRIPTORS],
  'statsd over unix datagrams': [
    KILLED,
    FROZEN,
    { ...HALF_OPEN, hasAftermath: true },
    REMOVED,
    REPLACED,
    NO_DESCRIPTORS_FOR_DATAGRAMS,
  ],
  'dogstatsd over a unix stream': [KILLED, FROZEN, HALF_OPEN, REMOVED, REPLACED, TURNED_AWAY, NO_DESCRIPTORS],
  datadog: OF_HTTP,
};
