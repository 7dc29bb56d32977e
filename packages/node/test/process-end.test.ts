import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endWithProcess } from '../src/process-end.ts';

type Global = Record<symbol, unknown>;
const THIRD = '__signal_exit_emitter__';
const FOURTH = Symbol.for('signal-exit emitter');

/** What was done, in its order. */
const done: string[] = [];
let finish: () => void = () => undefined;
let removeHooks: () => void = () => undefined;
const listeners: [string, () => void][] = [];

/** The program, or a library, listens as well. */
function listen(signal: NodeJS.Signals, listener: () => void, how: 'on' | 'once' = 'on'): void {
  process[how](signal, listener);
  listeners.push([signal, listener]);
}

/** A signal arrives. */
async function arrive(signal: NodeJS.Signals): Promise<void> {
  process.emit(signal, signal);
  await vi.waitFor(() => undefined);
}

async function finished(): Promise<void> {
  finish();
  await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  done.length = 0;
  vi.spyOn(process, 'kill').mockImplementation((_, signal) => {
    done.push(`raise ${String(signal)}`);
    return true;
  });
  removeHooks = endWithProcess(['SIGTERM', 'SIGHUP', 'beforeExit'], {
    flush: async () => done.push('flush'),
    finish: () => {
      done.push('finish');
      return new Promise<void>((resolve) => (finish = resolve));
    },
    flushSync: () => done.push('flushSync'),
    shutdown: async () => done.push('shutdown'),
    timeoutMillis: 1000,
  });
});
afterEach(() => {
  removeHooks();
  for (const [signal, listener] of listeners.splice(0)) process.off(signal, listener);
  vi.restoreAllMocks();
  delete (process as unknown as Record<string, unknown>)[THIRD];
  delete (globalThis as Global)[FOURTH];
});

describe('at a signal', () => {
  it('that nobody else listens to, everything is sent, and the signal ends the process', async () => {
    await arrive('SIGTERM');
    expect(done).toEqual(['finish']);
    await finished();
    expect(done).toEqual(['finish', 'flushSync', 'raise SIGTERM']);
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });

  it('a second one waits for the first, whichever it is', async () => {
    await arrive('SIGTERM');
    await arrive('SIGTERM');
    await arrive('SIGHUP');
    await finished();
    expect(done).toEqual(['finish', 'flushSync', 'raise SIGTERM']);
  });

  it('that the program listens to, it is flushed each time, and the program decides', async () => {
    listen('SIGTERM', () => done.push('program'));
    await arrive('SIGTERM');
    await arrive('SIGTERM');
    await finished();
    expect(done).toEqual(['flush', 'program', 'flush', 'program']);
    expect(process.listenerCount('SIGTERM')).toBe(2);
  });

  it('that the program listens to once, it may go on for as long as it wants to', async () => {
    listen('SIGTERM', () => done.push('drain'), 'once');
    await arrive('SIGTERM');
    await finished();
    expect(done).toEqual(['flush', 'drain']);
  });

  it('that the program cleans up at and raises again, as Nest does, the process ends', async () => {
    const cleanUp = () => {
      done.push('clean up');
      process.off('SIGTERM', cleanUp);
    };
    listen('SIGTERM', cleanUp);
    await arrive('SIGTERM');
    await arrive('SIGTERM');
    await finished();
    expect(done).toEqual(['flush', 'clean up', 'finish', 'flushSync', 'raise SIGTERM']);
  });

  it.each([
    ['3', () => Object.assign(process, { [THIRD]: { count: 1 } })],
    ['4', () => ((globalThis as Global)[FOURTH] = { count: 1 })],
  ])('that signal-exit %s listens to, which waits for the others to be gone', async (_, load) => {
    load();
    listen('SIGTERM', () => done.push(`signal-exit sees ${process.listenerCount('SIGTERM')}`));
    await arrive('SIGTERM');
    await finished();
    expect(done).toEqual(['finish', 'signal-exit sees 2', 'flushSync', 'raise SIGTERM']);
    expect(process.listenerCount('SIGTERM')).toBe(1);
  });
});

it('at a natural end, everything is shut down', () => {
  process.emit('beforeExit', 0);
  expect(done).toEqual(['shutdown']);
});

it('gives its hooks back', () => {
  removeHooks();
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGHUP', 'SIGHUP');
  expect(done).toEqual([]);
});
