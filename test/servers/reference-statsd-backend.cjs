'use strict';

// Runs inside the reference server's process, twice: preloaded before the server, and as its backend module
// (https://github.com/statsd/statsd/blob/master/docs/backend_interface.md).

const dgram = require('node:dgram');
const util = require('node:util');

// The server calls `util.log`, which newer Node versions no longer have.
util.log ??= console.log;
// The admin port prints with util.inspect, which would show only the first 100 values of a timer.
util.inspect.defaultOptions.maxArrayLength = null;

// On a busy machine the server gets no processor for a while. What arrives then has to wait in the kernel.
const receiveBytes = Number(process.env.REFERENCE_STATSD_RECEIVE_BYTES);
if (receiveBytes > 0) {
  const { createSocket } = dgram;
  dgram.createSocket = (type, listener) => createSocket({ type, recvBufferSize: receiveBytes }, listener);
}

/** Turns of the event loop without a packet after which the server counts as having read everything. */
const QUIET_TURNS = 10;

exports.init = (_startupTime, _config, events) => {
  let packets = 0;
  let asked;

  events.on('packet', () => (packets += 1));

  events.on('flush', (_timestamp, metrics) => {
    const sets = Object.entries(metrics.sets).map(([name, set]) => [name, set.values()]);
    const { counters, gauges, timers, timer_data: timerData } = metrics;
    process.send({
      answers: asked,
      flush: { counters, gauges, timers, timerData, sets: Object.fromEntries(sets) },
    });
    asked = undefined;
  });

  const settle = (id, quietTurns, seen) => {
    if (quietTurns === QUIET_TURNS) process.send({ answers: id });
    else setTimeout(() => settle(id, packets === seen ? quietTurns + 1 : 0, packets), 1);
  };

  // The server flushes on its timer and when its process exits. Its exit listener is the one door to its own flush
  // function, so a flush on demand is the server's flush, not an imitation.
  const flush = (id) => {
    asked = id;
    process.emit('exit', 0);
  };

  process.on('message', ({ id, verb }) => (verb === 'flush' ? flush(id) : settle(id, 0, packets)));
  // The server never outlives the program that started it.
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
  return true;
};
