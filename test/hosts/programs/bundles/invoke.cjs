// What AWS Lambda does: calls the handler with one event after the other, here with one for each line of its input.
const { createInterface } = require('node:readline');
const { handler } = require('./bundle.cjs');

createInterface({ input: process.stdin }).on('line', async (line) => {
  console.log(JSON.stringify(await handler(JSON.parse(line))));
});
