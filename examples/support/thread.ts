import { Worker } from 'node:worker_threads';

/** What `new Worker(new URL(file), { workerData })` does for JavaScript: threads of Node 20 don't read TypeScript by themselves. */
export function startThread(file: string, workerData: object): Worker {
  const [esm, commonJs] = ['tsx/esm/api', 'tsx/cjs/api'].map((api) => import.meta.resolve(api));
  const program = `
    import('${commonJs}')
      .then(({ register }) => register())
      .then(() => import('${esm}'))
      .then(({ register }) => register())
      .then(() => import('${file}'));`;
  return new Worker(program, { eval: true, workerData });
}
