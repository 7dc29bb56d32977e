import { Agent, get } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { answerRequests } from './program.ts';

/** Sends requests to a server at a steady pace. The answer is how many were answered. */
export interface LoadRequest {
  readonly port: number;
  readonly requestsPerSecond: number;
  readonly millis: number;
}

const SLICE_MILLIS = 10;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

answerRequests(async ({ port, requestsPerSecond, millis }: LoadRequest): Promise<number> => {
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed >= millis) break;
    const due = Math.floor((elapsed * requestsPerSecond) / 1_000);
    while (answers.length < due) answers.push(ask(port, answers.length));
    await after(SLICE_MILLIS);
  }
  await Promise.all(answers);
  return answers.length;
});

function ask(port: number, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/products/${id}`, agent }, (response) => {
      response.resume();
      response.once('end', resolve);
    }).once('error', reject);
  });
}
