import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  createArrivalPrinter,
  startDatadogIntake,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  startUnixStreamServer,
  type ArrivalPrinter,
  type StatsdTagStyle,
} from '@tallykit/testkit';
import { portOwner } from './port-owner.ts';

/** How many ports are tried that UDP gets from the system and TCP might not. */
const MAX_ATTEMPTS = 20;

/** Options of the command. */
export interface ListenOptions {
  readonly port: number;
  readonly httpPort: number;
  readonly host: string;
  readonly socket?: string;
  readonly datagramSocket?: string;
  readonly dialect?: StatsdTagStyle;
  readonly lines?: boolean;
}

/** A server that receives. */
interface Receiver {
  /** As it is called above the table: `UDP 127.0.0.1:8125`. */
  readonly name: string;
  close(): Promise<void>;
}

/** Something that can't be done, with the remedy. */
class ListenError extends Error {}

/**
 * Shows what arrives, until the process gets SIGINT or SIGTERM.
 *
 * @returns the exit status
 */
export async function listen(options: ListenOptions): Promise<number> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  let printer: ArrivalPrinter | undefined;
  const receivers: Receiver[] = [];
  try {
    // What comes before all of them listen waits for nothing: a table needs to know its title.
    const add: Add = (payload) => printer?.add(payload);
    receivers.push(...(await listenToStatsd(options, add)));
    for (const start of otherStarts(options, add)) receivers.push(await start());
  } catch (error) {
    await Promise.all(receivers.map((receiver) => receiver.close()));
    if (!(error instanceof ListenError)) throw error;
    console.error(`tallykit listen: ${error.message}`);
    return 1;
  }
  const isTable = process.stdout.isTTY && !options.lines;
  const title = `Listening on ${receivers.map(({ name }) => name).join(', ')}`;
  printer = createArrivalPrinter({ style: isTable ? 'table' : 'lines', dialect: options.dialect, title });
  // What is piped into a program is about arrivals only.
  if (!isTable) console.error(`${title}. Ctrl+C ends it.`);
  await stopped;
  await Promise.all(receivers.map((receiver) => receiver.close()));
  printer.close();
  return 0;
}

type Add = ArrivalPrinter['add'];

function otherStarts(options: ListenOptions, add: Add): (() => Promise<Receiver>)[] {
  const { httpPort, host, socket, datagramSocket } = options;
  return [
    () =>
      withPort('tcp', httpPort, '--http-port', async () => {
        const server = await startDatadogIntake({
          host,
          port: httpPort,
          onPayload: (request) => take(server, add, request),
        });
        return { name: server.url, close: () => server.close() };
      }),
    ...(socket === undefined ? [] : [() => listenToStreams(socket, add)]),
    ...(datagramSocket === undefined ? [] : [() => listenToDatagrams(datagramSocket, add)]),
  ];
}

/** UDP and TCP on one port: on the given one, or with port 0 on one that is free for both. */
async function listenToStatsd({ host, port }: ListenOptions, add: Add): Promise<Receiver[]> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await withPort('udp', port, '--port', async () => {
      const server = await startUdpServer({ host, port, onPayload: (text) => take(server, add, text) });
      return { name: `UDP ${host}:${server.port}`, port: server.port, close: () => server.close() };
    });
    try {
      const tcp = await withPort('tcp', udp.port, '--port', async () => {
        const server = await startTcpServer({
          host,
          port: udp.port,
          onPayload: (text) => take(server, add, text),
        });
        return { name: `TCP ${host}:${server.port}`, close: () => server.close() };
      });
      return [udp, tcp];
    } catch (error) {
      await udp.close();
      const { code } = (error as ListenError).cause as NodeJS.ErrnoException;
      if (port !== 0 || code !== 'EADDRINUSE' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** A fake server keeps what it receives, for tests; here it would fill the memory. */
function take(server: { take(): unknown }, add: Add, payload: Parameters<Add>[0]): void {
  add(payload);
  server.take();
}

async function listenToStreams(path: string, add: Add): Promise<Receiver> {
  return withSocket(path, async () => {
    const server = await startUnixStreamServer({
      path,
      framing: 'length',
      onPayload: (text) => take(server, add, text),
    });
    return { name: `unixstream ${path}`, close: () => server.close() };
  });
}

async function listenToDatagrams(path: string, add: Add): Promise<Receiver> {
  const unixDgram = findUnixDgram();
  return withSocket(path, async () => {
    const server = await startUnixgramServer({
      path,
      unixDgram,
      onPayload: (text) => take(server, add, text),
    });
    return { name: `unixgram ${path}`, close: () => server.close() };
  });
}

/** Node has no unix datagrams of its own. `hot-shots` brings the module along. */
function findUnixDgram(): string {
  const require = createRequire(join(process.cwd(), 'package.json'));
  try {
    return require.resolve('unix-dgram', { paths: [process.cwd(), ...hotShotsFolders(require)] });
  } catch {
    throw new ListenError(
      '--datagram-socket needs the package unix-dgram, which is not installed here: npm install unix-dgram',
    );
  }
}

function hotShotsFolders(require: NodeJS.Require): string[] {
  try {
    return [require.resolve('hot-shots')];
  } catch {
    return [];
  }
}

/** @throws ListenError for a port that can't be had, with who has it and the remedy */
async function withPort<Started extends Receiver>(
  protocol: 'udp' | 'tcp',
  port: number,
  option: string,
  start: () => Promise<Started>,
): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const owner = await portOwner(protocol, port);
      const by = owner === undefined ? '' : ` by ${owner}`;
      throw new ListenError(
        `the ${protocol.toUpperCase()} port ${port} is taken${by}; choose another one with ${option}, such as ${option} ${port + 1}`,
        { cause: error },
      );
    }
    if (code === 'EACCES') {
      throw new ListenError(
        `this process may not listen on port ${port}; choose one above 1023 with ${option}`,
        {
          cause: error,
        },
      );
    }
    throw new ListenError(`${message}; --host chooses the address`, { cause: error });
  }
}

/** @throws ListenError for a file that can't be made, with the remedy */
async function withSocket(path: string, start: () => Promise<Receiver>): Promise<Receiver> {
  try {
    return await start();
  } catch (error) {
    throw new ListenError(
      `the socket ${path} can't be made: ${(error as Error).message}; remove a file of that name if nobody uses it, or choose another path`,
      { cause: error },
    );
  }
}
