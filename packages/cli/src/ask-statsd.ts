import { once } from 'node:events';
import { connect } from 'node:net';
import type { ReadBackend } from '@tallykit/node';
import { note, problem, type Finding } from './findings.ts';
import { PROBE } from './send.ts';

/** How long the reference server may take to have read what was sent. */
const PATIENCE_MILLIS = 2_000;

/**
 * Asks the reference StatsD server at its management port how it understood the counter (statsd, `docs/admin_interface.md`).
 *
 * @returns nothing where no such server answers
 */
export async function askStatsd(backend: ReadBackend, port: number): Promise<Finding[]> {
  if (backend.backend !== 'statsd' || !/^(?:udp|tcp)$/.test(backend.transport)) return [];
  const textOf = (option: string): string => {
    const value = backend.settings.find((setting) => setting.name === option)?.value;
    return typeof value === 'string' ? value : '';
  };
  const name = `${textOf('prefix')}${PROBE.count}`;
  const keys = await keysAt(textOf('host'), port, name);
  if (keys === undefined) return [];
  if (keys.length === 0) {
    return [
      problem(
        `the StatsD server whose management port is ${port} has not counted ${name}`,
        'Check that it is the server that is meant, and that nothing on the way drops datagrams.',
      ),
    ];
  }
  const strange = keys.find((key) => key.length > name.length && key[name.length] !== ';');
  if (strange === undefined) return [note(`the StatsD server has counted ${keys.join(', ')}`)];
  return [
    problem(
      `the StatsD server took the tags for a part of the name, ${strange}: it does not read the dialect ${textOf('dialect')}`,
      "Set the option `dialect` to one that it reads: 'dogstatsd' or 'graphite' for statsd/statsd from 0.9 on, 'none' for servers without tags.",
    ),
  ];
}

/** The counters of the server whose names begin in that way; `undefined` where it is no such server. */
async function keysAt(host: string, port: number, name: string): Promise<readonly string[] | undefined> {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(PATIENCE_MILLIS);
  socket.on('error', () => undefined);
  signal.addEventListener('abort', () => socket.destroy());
  try {
    await once(socket, 'connect', { signal });
    socket.setEncoding('utf8');
    for (;;) {
      const answer = await ask(socket, signal);
      if (answer === undefined) return undefined;
      const keys = Array.from(answer.matchAll(/^\s*'?([^'\s][^']*?)'?: -?\d/gm), ([, key]) => key!);
      const found = keys.filter((key) => key.startsWith(name));
      if (found.length > 0) return found;
      if (signal.aborted) return [];
    }
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** The answer of the server; `undefined` where it is none of its kind. */
async function ask(socket: ReturnType<typeof connect>, signal: AbortSignal): Promise<string | undefined> {
  let answer = '';
  socket.write('counters\n');
  while (!answer.includes('END')) {
    const [chunk] = (await Promise.race([once(socket, 'data', { signal }), closed(socket)])) as [string?];
    if (chunk === undefined || chunk.startsWith('HTTP/')) return undefined;
    answer += chunk;
  }
  return answer;
}

async function closed(socket: ReturnType<typeof connect>): Promise<[]> {
  if (!socket.destroyed) await once(socket, 'close');
  return [];
}
