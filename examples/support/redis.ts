import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The Redis of the variable REDIS_URL, or one of its own that forgets everything; `undefined` where there is neither. */
export async function startRedis(): Promise<{ url: string; close: () => void } | undefined> {
  const known = process.env['REDIS_URL'];
  if (known !== undefined) return { url: known, close: () => undefined };

  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');

  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const isReady = new Promise<boolean>((resolve) => {
    child.on('error', () => resolve(false));
    child.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve(true));
  });
  return (await isReady) ? { url: `redis://127.0.0.1:${port}`, close: () => void child.kill() } : undefined;
}
