import { expect, test } from 'vitest';
import { opentelemetryLine } from '../opentelemetry-line.ts';
import { startProgram } from '../programs/run-program.ts';

test('tests, and the programs that they start, run with the OpenTelemetry of their lane', async () => {
  const line = process.env['OPENTELEMETRY_LINE'] === '3' ? { sdk: 3, api: 10 } : { sdk: 2, api: 9 };
  expect(opentelemetryLine()).toEqual(line);

  await using program = startProgram('opentelemetry-line.ts');
  await program.ended;
  expect(JSON.parse(program.output())).toEqual(line);
});
