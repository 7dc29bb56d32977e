// count-tests.mjs REPORT STATUS [--without PATTERN]: reads vitest's JSON report. Prints "passed failed skipped" and then, one a
// line, what failed and what was skipped, with the reason. PATTERN is of the paths of tests that don't count.
import { readFileSync } from 'node:fs';

const [report, status, , without] = process.argv.slice(2);
const { testResults: all } = JSON.parse(readFileSync(report, 'utf8'));
const testResults = all.filter((file) => without === undefined || !new RegExp(without).test(file.name));
const tests = testResults.flatMap((file) => file.assertionResults);
const failed = tests.filter((test) => test.status === 'failed');
const skipped = tests.filter((test) => ['skipped', 'pending', 'todo'].includes(test.status));
const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failures = failed.length + unloaded.length;
const passed = tests.length - failed.length - skipped.length;

console.log(passed, failures === 0 && Number(status) !== 0 ? 1 : failures, skipped.length);
for (const file of unloaded) console.log(`FAILED  ${file.name}: ${file.message}`);
for (const test of failed) console.log(`FAILED  ${test.fullName}`);
for (const test of skipped)
  console.log(`skipped ${test.fullName}: ${test.meta?.skipReason ?? 'no reason given'}`);
