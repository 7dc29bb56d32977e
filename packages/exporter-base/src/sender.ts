import { REST } from './cargo-reader.ts';
import { Stretch, type Clock } from './clock.ts';
import type { Refusal } from './ledger.ts';
import { bytesOf, Packer, type Payload } from './pack.ts';
import { Pacing, type PacingOptions } from './pacing.ts';
import type { Cargo, Failure, Texts } from './series.ts';
import { reasonOf, type Lane, type Outcome } from './transport.ts';

/** How everything is sent. */
export interface SenderOptions {
  readonly pacing: PacingOptions;
  /** How long one call of `send` has. */
  readonly timeoutMillis: number;
  /** How long a payload may be held. */
  readonly maxAgeMillis?: number | undefined;
}

/** Whom to ask about what is sent. */
export interface Shipper {
  /** Why what is left is not sent when the time is up. */
  late(): Failure;
  /** Whether somebody waits for the end. */
  isInHurry(): boolean;
  laneOf(cargo: Cargo): Lane;
  textsOf(cargo: Cargo): Texts | Refusal;
  /** Called once for all that was pulled, with its failure set if there was one; later for what is held. */
  settle(cargo: Cargo): void;
}

/** What is to be sent together. */
export interface Load {
  /** Series and events, pulled as far as payloads are made. */
  readonly cargo: Iterable<readonly Cargo[] | typeof REST>;
  /** How many there are, as far as is known. */
  readonly size: number;
  /** Whether it comes from the reader, whose interval is the pace, and not from the exporter itself. */
  readonly isExport: boolean;
  /** Why nothing of it is sent. Everything is pulled and settled all the same. */
  readonly stop?: Failure | undefined;
  /** Whether the time is up already. */
  readonly isLate: boolean;
}

/** What a call of `send` found out about the way to the server. */
export interface Passage {
  /** Why the way is blocked, for all or for some: nobody took a payload, or the time was up. */
  readonly failure: Failure | undefined;
  /** Whether the server took a payload. */
  readonly hasDelivered: boolean;
  /** After how many milliseconds the server wants to be asked again; 0 when it doesn't say. */
  readonly retryAfterMillis: number;
}

interface Run {
  readonly load: Load;
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /** Why nothing more is sent. */
  stop: Failure | undefined;
  failure: Failure | undefined;
  hasDelivered: boolean;
  retryAfterMillis: number;
  /** How many series and events were made into payloads. */
  packed: number;
  /** How much text was made since the event loop could have its turn. */
  units: number;
  /** Of the text that was made last. */
  packer: Packer<Cargo> | undefined;
  /** To be sent before what is packed next. */
  readonly first: Payload<Cargo>[];
  /** Ends the slice that is being sent, with what is known of it. */
  finishSlice: (() => void) | undefined;
}

const NEVER_ANSWERED: Outcome = { type: 'unknown', reason: 'it was sent, and nobody answered' };

const CUT_OFF: Outcome = { type: 'unknown', reason: 'it was being sent when the time was up' };

/**
 * How many payloads are sent with one signal before the next send gets a new one: what listens to it may stay there until it
 * is collected, as that of `fetch` does, and Node warns of 1,500.
 */
const PAYLOADS_PER_SIGNAL = 500;

/** UTF-16 units of text between two places where the event loop may have its turn: what takes longer to make is longer. */
const UNITS_PER_REST = 8_192;

/** What a series or an event counts there besides its texts. */
const UNITS_OF_CARGO = 128;

/** Makes payloads of series and events and sends them, slice by slice; the next slice is made while one is sent. */
export class Sender {
  readonly #shipper: Shipper;
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  readonly #timeoutMillis: number;
  readonly #maxAgeMillis: number;
  /** Ends what is being sent. */
  #cutOff = new AbortController();
  #payloadsOfSignal = 0;
  /** What is being sent. */
  #run: Run | undefined;
  /** Payloads that may have arrived, and may be sent again as they are. */
  #held: Payload<Cargo>[] = [];
  #heldBytes = 0;

  constructor(
    shipper: Shipper,
    { pacing, timeoutMillis, maxAgeMillis = Infinity }: SenderOptions,
    clock: Clock,
  ) {
    this.#shipper = shipper;
    this.#clock = clock;
    this.#pacing = new Pacing(pacing, clock);
    this.#timeoutMillis = timeoutMillis;
    this.#maxAgeMillis = maxAgeMillis;
  }

  /** What is held, as text. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Never rejects. */
  async send(load: Load): Promise<Passage> {
    const first = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#cutOff.signal.aborted || this.#payloadsOfSignal >= PAYLOADS_PER_SIGNAL) {
      this.#cutOff = new AbortController();
      this.#payloadsOfSignal = 0;
    }
    const run: Run = {
      load,
      signal: this.#cutOff.signal,
      stop: load.stop,
      failure: undefined,
      hasDelivered: false,
      retryAfterMillis: 0,
      packed: 0,
      units: 0,
      packer: undefined,
      first,
      finishSlice: undefined,
    };
    this.#run = run;
    if (load.isLate) this.abort();
    const payloads = this.#payloads(run);
    const stretch = new Stretch(this.#clock);
    this.#pacing.begin(this.#timeoutMillis, load.isExport);
    let sending: Promise<void> | undefined;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one slice after the other
      const slice = await this.#nextSlice(run, payloads, stretch);
      await sending;
      if (slice.length === 0) {
        // Halves of a payload may have come back meanwhile.
        if (run.first.length === 0) break;
        continue;
      }
      if (run.stop === undefined) await this.#pacing.ready(this.#shipper.isInHurry());
      if (run.stop === undefined && run.signal.aborted) run.stop = this.#shipper.late();
      if (run.stop === undefined) sending = this.#sendSlice(run, slice);
      else for (const payload of slice) this.#conclude(run, payload, run.stop);
    }
    this.#run = undefined;
    const { stop, failure = stop, hasDelivered, retryAfterMillis } = run;
    return { failure, hasDelivered, retryAfterMillis };
  }

  /** The time of what is being sent is up. */
  abort(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#cutOff.abort();
    // A turn later, so that a transport that hears the signal can say what became of its payloads.
    void this.#clock.turn().then(() => run.finishSlice?.());
  }

  /** Settles what is held, all of it or the older half. */
  giveUpHeld(part: 'all' | 'older half'): void {
    const count = part === 'all' ? this.#held.length : Math.ceil(this.#held.length / 2);
    for (const payload of this.#held.splice(0, count)) {
      this.#heldBytes -= payload.text.length;
      this.#settlePayload(payload, NEVER_ANSWERED);
    }
  }

  async #nextSlice(
    run: Run,
    payloads: Iterator<Payload<Cargo> | typeof REST>,
    stretch: Stretch,
  ): Promise<readonly Payload<Cargo>[]> {
    const slice: Payload<Cargo>[] = [];
    let lines = 0;
    while (slice.length < this.#pacing.payloadsAtOnce && lines < this.#pacing.linesAtOnce) {
      const next = run.first.shift() ?? payloads.next().value;
      if (next === undefined) break;
      if (next === REST) {
        if (stretch.isOver()) await stretch.rest();
        continue;
      }
      slice.push(next);
      lines += this.#pacing.linesOf(next.text);
    }
    this.#pacing.sliceMade(slice.length, Math.min(run.packed / Math.max(run.load.size, 1), 1));
    // Payloads that were held come without places of rest.
    if (stretch.isOver()) await stretch.rest();
    return slice;
  }

  /** Formats and packs as it is pulled, so that a large export never stands in memory as text. */
  *#payloads(run: Run): Generator<Payload<Cargo> | typeof REST, undefined> {
    const packers = new Map<Lane, Packer<Cargo>>();
    for (const some of run.load.cargo) {
      if (some === REST) {
        yield REST;
        continue;
      }
      // By index: in a generator, `for…of` makes an object for each.
      for (let index = 0; index < some.length; index += 1) {
        const cargo = some[index]!;
        cargo.openTexts = 1;
        const packer = this.#pack(run, packers, cargo);
        if (packer !== undefined) {
          for (let full = packer.full(); full; full = packer.full()) yield full;
        }
        run.packed += 1;
        this.#release(cargo);
        run.units += UNITS_OF_CARGO;
        if (run.units >= UNITS_PER_REST) {
          run.units = 0;
          yield REST;
          // A payload may take longer than there is time.
          if (run.signal.aborted) run.stop ??= this.#shipper.late();
        }
      }
    }
    for (const packer of packers.values()) {
      for (let rest = packer.rest(); rest; rest = packer.rest()) yield rest;
    }
    return undefined;
  }

  /** @returns what holds the texts now */
  #pack(run: Run, packers: Map<Lane, Packer<Cargo>>, cargo: Cargo): Packer<Cargo> | undefined {
    if (run.stop !== undefined) {
      cargo.failure ??= run.stop;
      return undefined;
    }
    try {
      const texts = this.#shipper.textsOf(cargo);
      if (typeof texts !== 'string' && 'refused' in texts) {
        cargo.failure = texts;
        return undefined;
      }
      const lane = this.#shipper.laneOf(cargo);
      if (run.packer?.lane !== lane) run.packer = packerOf(packers, lane);
      const { packer } = run;
      if (typeof texts === 'string') packText(run, packer, texts, cargo);
      else for (const text of texts) packText(run, packer, text, cargo);
      return packer;
    } catch (error) {
      cargo.failure = { refused: 'error', reason: `it could not be formatted: ${reasonOf(error)}` };
      return undefined;
    }
  }

  /** Resolves when every payload of the slice is settled: in the end because the time is up. */
  #sendSlice(run: Run, slice: readonly Payload<Cargo>[]): Promise<void> {
    const outcomes: Outcome[] = slice.map(() => CUT_OFF);
    this.#payloadsOfSignal += slice.length;
    return new Promise((resolve) => {
      let open = slice.length;
      const finish = (): void => {
        if (run.finishSlice !== finish) return;
        run.finishSlice = undefined;
        this.#pacing.sliceSent(slice.reduce((lines, { text }) => lines + this.#pacing.linesOf(text), 0));
        this.#concludeSlice(run, slice, [...outcomes]);
        resolve();
      };
      run.finishSlice = finish;
      slice.forEach(async ({ lane, text }, index) => {
        try {
          outcomes[index] = await lane.transport.send(text, run.signal);
        } catch (error) {
          outcomes[index] = { type: 'unknown', reason: reasonOf(error) };
        }
        open -= 1;
        if (open === 0) finish();
      });
    });
  }

  #concludeSlice(run: Run, slice: readonly Payload<Cargo>[], outcomes: readonly Outcome[]): void {
    let gotThrough = false;
    let failure: Extract<Outcome, { type: 'not-accepted' | 'unknown' }> | undefined;
    for (const [index, payload] of slice.entries()) {
      const outcome = outcomes[index]!;
      if (outcome.type === 'delivered') run.hasDelivered = true;
      if (outcome.type === 'delivered' || outcome.type === 'too-large') gotThrough = true;
      if (outcome.type === 'not-accepted' || outcome.type === 'unknown') {
        failure ??= outcome;
        run.retryAfterMillis = Math.max(run.retryAfterMillis, outcome.retryAfterMillis ?? 0);
      }
      this.#conclude(run, payload, outcome);
    }
    if (failure === undefined) return;
    run.failure ??= failure;
    // Nobody is there. Knocking for every payload would only take time, and lose what can't be sent twice.
    if (!gotThrough) {
      run.stop ??= run.signal.aborted ? this.#shipper.late() : { ...failure, type: 'not-accepted' };
    }
  }

  #conclude(run: Run, payload: Payload<Cargo>, outcome: Outcome | Refusal): void {
    const halves = !('refused' in outcome) && outcome.type === 'too-large' ? payload.halves() : undefined;
    if (halves) run.first.push(...halves);
    else if (this.#mustBeHeld(payload, outcome)) this.#hold(payload);
    else this.#settlePayload(payload, outcome);
  }

  #hold(payload: Payload<Cargo>): void {
    payload.uncertainSinceMillis ??= this.#clock.now();
    for (const cargo of payload.owners) cargo.isPartlyGone = true;
    this.#held.push(payload);
    this.#heldBytes += payload.text.length;
  }

  #settlePayload(payload: Payload<Cargo>, result: Outcome | Refusal): void {
    // Once its fate is unknown, only an answer can make it known.
    const isAnswer = !('refused' in result) && result.type !== 'not-accepted' && result.type !== 'unknown';
    const outcome = isAnswer || payload.uncertainSinceMillis === undefined ? result : NEVER_ANSWERED;
    const mayHaveArrived =
      !('refused' in outcome) && (outcome.type === 'delivered' || outcome.type === 'unknown');
    for (const cargo of payload.owners) {
      if (mayHaveArrived) cargo.isPartlyGone = true;
      if ('refused' in outcome || outcome.type !== 'delivered') cargo.failure ??= outcome;
      this.#release(cargo);
    }
  }

  #release(cargo: Cargo): void {
    cargo.openTexts -= 1;
    if (cargo.openTexts === 0) this.#shipper.settle(cargo);
  }

  /** Once its fate is unknown, a payload stays as it is until it is delivered or refused, or nobody wants it any more. */
  #mustBeHeld({ lane, uncertainSinceMillis: since }: Payload<Cargo>, failure: Outcome | Refusal): boolean {
    if (lane.isIdempotent !== true) return false;
    if (since === undefined) return !('refused' in failure) && failure.type === 'unknown';
    if (this.#clock.now() - since > this.#maxAgeMillis) return false;
    return 'refused' in failure
      ? failure.refused === 'timeout'
      : failure.type === 'unknown' || failure.type === 'not-accepted';
  }
}

function packerOf(packers: Map<Lane, Packer<Cargo>>, lane: Lane): Packer<Cargo> {
  let packer = packers.get(lane);
  if (packer === undefined) packers.set(lane, (packer = new Packer(lane)));
  return packer;
}

/** Adds a text to the payloads of a lane, if one of them can have it. */
function packText(run: Run, packer: Packer<Cargo>, text: string, cargo: Cargo): void {
  run.units += text.length;
  if (packer.fits(text)) {
    cargo.openTexts += 1;
    packer.add(text, cargo);
  } else {
    cargo.failure ??= oversize(bytesOf(packer.lane, text), packer.lane.maxPayloadBytes);
  }
}

function oversize(bytes: number, maxPayloadBytes: number): Refusal {
  return {
    refused: 'oversize',
    reason:
      `one of its lines has ${bytes} bytes, and a payload may have ${maxPayloadBytes} ` +
      '(option `maxPayloadBytes`); shorten its name and tags',
  };
}
