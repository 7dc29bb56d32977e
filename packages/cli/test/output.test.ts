import { startTcpServer, startUdpServer } from '@tallykit/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Diagnosis } from '../src/findings.ts';
import { listen } from '../src/listen.ts';
import { writeDiagnosis } from '../src/write-diagnosis.ts';
import { Writer, type WriterStream } from '../src/writer.ts';

const DIAGNOSIS: Diagnosis = {
  ok: false,
  package: { version: '1.2.3', ofProject: true },
  settings: {
    off: undefined,
    backends: [
      {
        key: 'statsd',
        backend: 'statsd',
        source: 'METRICS_BACKEND',
        transport: 'udp',
        destination: 'udp 127.0.0.1:1',
        remedy: '',
        settings: [
          { name: 'port', value: 1, source: 'STATSD_PORT' },
          { name: 'prefix', value: '', source: 'default' },
        ],
      },
    ],
    settings: [{ name: 'tags', value: { env: 'prod' }, source: 'METRICS_TAGS' }],
    unused: [],
    ignored: [],
  },
  sent: [
    {
      key: 'statsd',
      destination: 'udp 127.0.0.1:1',
      state: 'failed',
      text: 'not delivered, see below',
      takesEvents: false,
      findings: [],
    },
  ],
  findings: [
    {
      level: 'problem',
      cause: 'nobody listens there: udp 127.0.0.1:1',
      remedy: 'Check that a StatsD server listens there.',
    },
    { level: 'note', cause: '`METRICS_X` has no effect' },
  ],
};

function written(terminal: Omit<WriterStream, 'write'>, options: { all?: boolean } = {}): string {
  let text = '';
  writeDiagnosis(new Writer({ write: (part) => (text += part), ...terminal }), DIAGNOSIS, options);
  return text;
}

it('doctor says settings with their sources, what was sent, what is wrong, and the remedy', () => {
  expect(written({})).toBe(`@tallykit/node 1.2.3, of this project

statsd → udp 127.0.0.1:1
  backend                statsd  ← METRICS_BACKEND
  port                   1  ← STATSD_PORT
  1 more has its default (--all shows it)

For every backend
  tags                   {"env":"prod"}  ← METRICS_TAGS

One counter, one timing and one event (tallykit.doctor.*)
  ✗ statsd: not delivered, see below
  · statsd takes no events, so none was sent

Found
  ✗ nobody listens there: udp 127.0.0.1:1
    Check that a StatsD server listens there.
  · \`METRICS_X\` has no effect

One thing is wrong.
`);
  expect(written({}, { all: true })).toContain("  prefix                 ''  ← default\n");
});

it('keeps to the width of a terminal, and has colours only where the terminal shows them', () => {
  const narrow = written({ isTTY: true, columns: 44, hasColors: () => false });
  expect(Math.max(...narrow.split('\n').map((line) => line.length))).toBeLessThanOrEqual(44);
  expect(narrow).not.toContain('\u001B');
  expect(narrow).toMatch(/^ {2}✗ nobody listens there: udp 127\.0\.0\.1:1$/m);
  expect(written({ isTTY: true, columns: 80, hasColors: () => true })).toContain('\u001B[31m✗\u001B[39m');
});

it.each([
  ['UDP', '--port', startUdpServer, 'port'],
  ['TCP', '--http-port', startTcpServer, 'httpPort'],
] as const)('listen names who has a %s port that is taken, and %s', async (protocol, option, start, name) => {
  const server = await start();
  onTestFinished(() => server.close());
  const errors = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => errors.mockRestore());
  const { port } = server;
  expect(await listen({ port: 0, httpPort: 0, host: '127.0.0.1', [name]: port })).toBe(1);
  const owner = process.platform === 'linux' ? ` by .+ \\(process ${process.pid}\\)` : '';
  expect(errors.mock.calls).toEqual([
    [
      expect.stringMatching(
        new RegExp(
          `^tallykit listen: the ${protocol} port ${port} is taken${owner}; .*${option} ${port + 1}$`,
        ),
      ),
    ],
  ]);
});
