import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Consumer, LINES } from '../../packaging/consumer.ts';
import { cellsOf, faultOf, runEnd, type Scene } from '../ends.ts';
import { copyPrograms } from '../programs.ts';

const SCENE: Scene = {
  name: "SIGTERM, Nest's shutdown hooks",
  program: 'listens-with-nest.mjs',
  signal: 'SIGTERM',
  status: 'SIGTERM',
  calls: 'sockets',
};

describe.for(['11', '12'])('Nest %s', (version) => {
  const project = new Consumer(LINES[0]!);
  beforeAll(async () => {
    const nest = ['common', 'core'].map((name) => `@nestjs/${name}@${version}`);
    await project.install(inject('packages'), { others: [...nest, 'reflect-metadata', 'rxjs'] });
    copyPrograms('ends', project.folder);
  });
  afterAll(() => project[Symbol.dispose]());

  test.concurrent.for(cellsOf([SCENE]))('$transport, $start', async (cell) => {
    const end = await runEnd(cell, project.folder);
    expect({ ...end, fault: faultOf(cell, end) }).toEqual({ ...end, fault: undefined });
  });
});
