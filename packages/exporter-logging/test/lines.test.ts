import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import winston from 'winston';
import { Lines } from '../src/lines.ts';

function named(name: string): () => string {
  const stream = new PassThrough();
  winston.loggers.add(name, {
    format: winston.format.printf((entry) => `${entry.level} ${String(entry.message)}`),
    transports: [new winston.transports.Stream({ stream })],
  });
  onTestFinished(() => winston.loggers.close(name));
  return () => String(stream.read() ?? '');
}

describe('lines for a winston logger by name', () => {
  it('keep their order from before winston is loaded', async () => {
    const written = named('early');
    const lines = new Lines('Test', undefined, 'early');
    lines.write('info', 'first', {});
    lines.write('warn', 'second', {});
    await lines.ready;
    lines.write('info', 'third', {});
    expect(written()).toBe('info first\nwarn second\ninfo third\n');
  });

  it('go to the console until the program gives the name a logger of its own', async () => {
    // winston writes to what the console writes to.
    const { _stdout: out } = console as unknown as { _stdout: NodeJS.WriteStream };
    const write = vi.spyOn(out, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    const lines = new Lines('Test', undefined, 'late');
    await lines.ready;
    lines.write('info', 'to the console', { instance: 'web-1', tags: { plan: 'pro' } });
    expect(write.mock.calls.flat().join('')).toMatch(
      /^\S+Z info late to the console instance=web-1 plan=pro\n$/,
    );
    write.mockClear();
    lines.write('info', 'to the console', { tags: { user: 'bob role=admin', 'a b': "it's", empty: '' } });
    expect(write.mock.calls.flat().join('')).toMatch(
      / to the console user='bob role=admin' 'a b'="it's" empty=''\n$/,
    );
    const written = named('late');
    lines.write('info', 'to the program', {});
    expect(written()).toBe('info to the program\n');
  });
});
