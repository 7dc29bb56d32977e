import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CommanderError } from 'commander';
import { expect, it, onTestFinished } from 'vitest';
import { missing, unixDgram } from '../../exporter-statsd/test/unix-dgram.ts';
import { createProgram } from '../src/program.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ON_SOURCES = ['--import', import.meta.resolve('tsx'), '--conditions=@tallykit/source'];

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
async function tallykit(
  parameters: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const ended = promisify(execFile)(process.execPath, [...ON_SOURCES, MAIN, ...parameters], {
    cwd: dirname(dirname(MAIN)),
    // Programs that are looked at have their own copies of everything, whatever the tests run with.
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  return ended.then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      status: code,
      stdout,
      stderr,
    }),
  );
}

it('ends with 2 when it is called in a wrong way', async () => {
  expect(await tallykit(['doctr'])).toMatchObject({ status: 2, stdout: '' });
});

it.each([
  [['doctr'], /unknown command 'doctr'\n\(Did you mean doctor\?\)/],
  [['listen', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
  [['listen', '--port', '70000'], /--port <port>.*It must be a whole number from 0 to 65535/],
  [['listen', '--dialect', 'graphit'], /Allowed choices are dogstatsd, graphite/],
])('says what is wrong with %j', async (parameters, message) => {
  let errors = '';
  const program = createProgram();
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeErr: (text) => (errors += text) });
  }
  await expect(program.parseAsync(parameters, { from: 'user' })).rejects.toThrow(CommanderError);
  expect(errors).toMatch(message);
});

it('doctor writes JSON for scripts, also where a backend writes to standard output, and ends with 0', async () => {
  const { status, stdout } = await tallykit(['doctor', '--json'], { METRICS_BACKEND: 'console' });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, sent: [{ key: 'logging', state: 'delivered' }] });
  expect(status).toBe(0);
});

it('listen writes a line for each arrival where there is no terminal, and ends with 0', async () => {
  const { child, title, lines } = await listen('--port', '0', '--http-port', '0');
  const [, port, url] = /UDP 127\.0\.0\.1:(\d+), TCP 127\.0\.0\.1:\1, (http:\S+)\. /.exec(title) ?? [];
  const client = createSocket('udp4');
  onTestFinished(() => void client.close());
  client.send('shop.orders:3|c|#plan:pro\n', Number(port), '127.0.0.1');
  expect((await lines.next()).value).toMatch(/^\d\d:\d\d:\d\d count shop\.orders plan:pro \+3$/);
  await fetch(`${url}/api/v1/validate`, { headers: { 'dd-api-key': 'k' } });
  await fetch(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { 'dd-api-key': 'k' },
    body: JSON.stringify({ title: 'Deploy', text: 'v42' }),
  });
  expect((await lines.next()).value).toMatch(/ event Deploy: v42$/);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

it('listen shows what comes through a unix socket of streams', async () => {
  const path = join(await temporaryFolder(), 'stream');
  const { lines } = await listen('--port', '0', '--http-port', '0', '--socket', path);
  const line = Buffer.from('shop.orders:3|c\n');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(line.length);
  connect(path).end(Buffer.concat([length, line]));
  expect((await lines.next()).value).toMatch(/ count shop\.orders \+3$/);
});

it.skipIf(missing)(`listen shows what comes through a unix socket of datagrams${missing}`, async () => {
  const path = join(await temporaryFolder(), 'datagrams');
  const { lines } = await listen('--port', '0', '--http-port', '0', '--datagram-socket', path);
  const sender = `const socket = require(process.argv[1]).createSocket('unix_dgram');
    socket.send(Buffer.from('shop.orders:3|c'), 0, 15, process.argv[2], () => socket.close());`;
  await promisify(execFile)(process.execPath, ['--eval', sender, unixDgram, path]);
  expect((await lines.next()).value).toMatch(/ count shop\.orders \+3$/);
});

/** Starts `listen`, and waits until it listens. */
async function listen(...parameters: readonly string[]) {
  const child = spawn(process.execPath, [...ON_SOURCES, MAIN, 'listen', ...parameters], {
    // Where `hot-shots` is.
    cwd: fileURLToPath(new URL('../../exporter-statsd', import.meta.url)),
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [title] = (await once(createInterface(child.stderr), 'line')) as [string];
  return { child, title, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
