// Prints how close what servers read from timings is to what was recorded, as a Markdown table for docs/accuracy.md of exporter-statsd.
import { accuracyTable, MANY } from './accuracy-table.ts';
import { measureAccuracy, SIZES } from './measure-accuracy.ts';

const table = accuracyTable(await measureAccuracy());
console.log(`\nThe worst errors of ${SIZES.map((size) => size.toLocaleString('en')).join('; ')} timings.`);
console.log(`Percentiles: from ${MANY.toLocaleString('en')} timings on.\n`);
console.log(table);
