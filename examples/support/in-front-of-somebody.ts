import { once } from 'node:events';

/** In a terminal, goes on working until Ctrl+C; where nobody watches, an example ends at once. */
export async function inFrontOfSomebody(message: string, work: () => void): Promise<void> {
  if (!process.stdout.isTTY) return;
  console.log(message);
  const timer = setInterval(work, 250);
  await once(process, 'SIGINT');
  clearInterval(timer);
}
