import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { skipBecause } from '../e2e/skip-because.ts';
import { Consumer, LINES } from '../packaging/consumer.ts';
import { cellsOf, ENDS_NEED, faultOf, obstacleOf, runEnd, SCENES } from './ends.ts';
import { copyPrograms } from './programs.ts';

const project = new Consumer(LINES[0]!);
beforeAll(async () => {
  await project.install(inject('packages'), { others: ENDS_NEED });
  copyPrograms('ends', project.folder);
});
afterAll(() => project[Symbol.dispose]());

describe.for(SCENES)('$name', (scene) => {
  let obstacle: string | undefined;
  beforeAll(async () => {
    obstacle = await obstacleOf(scene);
  });

  test.concurrent.for(cellsOf([scene]))('$transport, $start', async (cell, context) => {
    if (obstacle !== undefined) skipBecause(context, obstacle);
    const end = await runEnd(cell, project.folder);
    expect({ ...end, fault: faultOf(cell, end) }).toEqual({ ...end, fault: undefined });
  });
});
