import { createRequire } from 'node:module';
import { Command, InvalidArgumentError, Option } from 'commander';
import { doctor, type DoctorOptions } from './doctor.ts';
import { examineProgram } from './examine-program.ts';
import { listen, type ListenOptions } from './listen.ts';

const { version } = createRequire(import.meta.url)('@tallykit/cli/package.json') as { version: string };

const DIALECTS = ['dogstatsd', 'graphite', 'influx', 'signalfx', 'librato', 'none'];

/**
 * All commands. An unknown command or option is named together with the nearest one. Whatever ends without a command that
 * runs, such as `--help`, throws a `CommanderError`.
 */
export function createProgram(): Command {
  const program = new Command('tallykit')
    .description('Why metrics do not arrive, and what does arrive.')
    .version(version)
    .showHelpAfterError('(tallykit --help lists commands and options)')
    .exitOverride();
  program
    .command('doctor')
    .summary('find out why metrics do not arrive')
    .description(
      'Reads the settings that @tallykit/node/register reads, says where each comes from, sends one counter, one timing and one ' +
        'event to each backend, and says what became of them. With a program behind --, runs it and looks at its metrics from inside.',
    )
    .argument('[program...]', 'a program to look at from inside, behind --: node app.js')
    .option('--json', 'write the findings as JSON')
    .option('--all', 'show settings that have their default as well')
    .option(
      '--ask-sites',
      'when Datadog refuses the key, send to each of its sites, to find the one that takes it',
    )
    .option('--timeout <seconds>', 'how long sending may take', readSeconds, 10)
    .option(
      '--management-port <port>',
      'where the reference StatsD server says what it understood',
      readPort,
      8126,
    )
    .action(async (command: string[], options: DoctorOptions) => {
      process.exitCode = await (command.length > 0 ? examineProgram(command, options) : doctor(options));
    });
  program
    .command('listen')
    .summary('show what arrives')
    .description(
      "Receives StatsD and DogStatsD (UDP and TCP, and unix sockets) and Datadog's HTTP API, and shows what arrives, series by " +
        'series. In a terminal it is a table, otherwise a line for each arrival. Ctrl+C ends it.',
    )
    .option('--port <port>', 'the UDP and TCP port for StatsD and DogStatsD', readPort, 8125)
    .option(
      '--http-port <port>',
      "the port for Datadog's HTTP API (DD_URL=http://127.0.0.1:PORT)",
      readPort,
      8127,
    )
    .option('--host <address>', 'the address to listen on; 0.0.0.0 for every one', '127.0.0.1')
    .option('--socket <path>', 'a unix socket file of streams, as DD_DOGSTATSD_URL=unixstream://… sends to')
    .option('--datagram-socket <path>', 'a unix socket file of datagrams; needs the package unix-dgram')
    .addOption(
      new Option('--dialect <name>', 'the only dialect of StatsD that counts as right').choices(DIALECTS),
    )
    .option('--lines', 'a line for each arrival, also in a terminal')
    .action(async (options: ListenOptions) => {
      process.exitCode = await listen(options);
    });
  return program;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0, up to 3600.');
}
