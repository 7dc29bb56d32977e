import type { CollectReply, ExportReply, ExportRequest, Measured } from './export-program.ts';
import type { ExportPlan } from './plan.ts';
import { Program } from './program.ts';
import type { Arrived, Ports, SinkRequest } from './sink-program.ts';
import { summarise } from './statistics.ts';
import type { Summary } from './statistics.ts';

/** Rounds of the same work. */
export interface Work {
  /** Processor time of the process with all its threads, in milliseconds. */
  readonly processor: Summary;
  readonly elapsed: Summary;
  /** The longest stretch between two turns of the event loop, in rounds of their own. */
  readonly block: { readonly whole: Summary; readonly own: Summary } | undefined;
  /** Of the lines that were sent, those that arrived. */
  readonly arrived: number | undefined;
  /** How often hot-shots' processor time is this one, each round beside that of hot-shots next to it. */
  readonly hotShotsRatio: Summary | undefined;
}

export interface ExportResult extends ExportPlan {
  readonly points: number;
  readonly lines: number;
  readonly payloads: number;
  readonly bytes: number;
  /** The SDK's part, with ours in it. */
  readonly collect: Work;
  /** Ours: held values are handed to the SDK. */
  readonly drain: Work | undefined;
  readonly nowhere: Work;
  /** Over UDP, or over HTTP. */
  readonly network: Work | undefined;
  readonly hotShots: Work | undefined;
}

/** One size: ours and hot-shots in turns, each in its own process. */
export async function measureExport(
  plan: ExportPlan,
  sink: Program<SinkRequest>,
  ports: Ports,
): Promise<ExportResult> {
  const isHttp = plan.exporter === 'datadog-http';
  const port = isHttp ? ports.http : ports.udp;
  const programArguments = [port, plan.exporter, plan.kind, plan.series, plan.valuesPerSeries].map(String);
  await using ours = new Program<ExportRequest>('export-program.js', programArguments);
  await using theirs = new Program<ExportRequest>('export-program.js', programArguments);
  const collects: CollectReply[] = [];
  const nowhere: Measured[] = [];
  const network: Measured[] = [];
  const hotShots: Measured[] = [];
  const besideNetwork: Measured[] = [];
  const watched = { collects: [] as CollectReply[], nowhere: [] as Measured[], network: [] as Measured[] };
  const arrived = { network: 0, hotShots: 0 };
  const discard = (isWatched: boolean) =>
    ours.ask<ExportReply>({ type: 'export', to: 'nowhere', isWatched, inHurry: false });
  const send = (isWatched: boolean, inHurry = false) =>
    ours.ask<ExportReply>({ type: 'export', to: 'network', isWatched, inHurry });
  const countLines = async () => (await sink.ask<Arrived>({ type: 'count' })).lines;

  // The first collection of a counter isn't like the later ones: nothing is held yet. Timings take long to record.
  const isSlow = plan.kind === 'timings' || plan.kind === 'sketches';
  const first = await ours.ask<CollectReply>({ type: 'collect', isWatched: isSlow });
  (isSlow ? [collects, watched.collects] : []).forEach((replies) => replies.push(first));
  if (!isSlow) watched.collects.push(await ours.ask({ type: 'collect', isWatched: true }));
  const counted = await discard(true);
  watched.nowhere.push(counted);
  const { lines, payloads, bytes } = counted;
  // Both sides get as warm as in a process that runs for hours.
  for (let warmed = 0; warmed < plan.warmUpLines; warmed += lines) {
    if (!isSlow) await ours.ask({ type: 'collect', isWatched: false });
    await discard(false);
    if (plan.networkRounds > 0) await send(false, true);
    if (plan.hasHotShots) await theirs.ask({ type: 'hot-shots', lines });
  }
  await countLines();

  for (let round = 0; round < plan.rounds; round += 1) {
    if (!isSlow) collects.push(await ours.ask({ type: 'collect', isWatched: false }));
    nowhere.push(await discard(false));
    if (plan.hasHotShots) {
      hotShots.push(await theirs.ask({ type: 'hot-shots', lines }));
      arrived.hotShots += await countLines();
    }
    // Evenly among the rounds.
    if ((round * plan.networkRounds) % plan.rounds < plan.networkRounds) {
      network.push(await send(false));
      besideNetwork.push(...hotShots.slice(-1));
      arrived.network += await countLines();
    }
  }
  for (let round = 0; round < plan.watchedRounds; round += 1) {
    if (!isSlow) watched.collects.push(await ours.ask({ type: 'collect', isWatched: true }));
    watched.nowhere.push(await discard(true));
    if (round < plan.networkRounds) {
      watched.network.push(await send(true));
      await countLines();
    }
  }
  const drains = watched.collects.flatMap(({ drain }) => drain ?? []);
  return {
    ...plan,
    points: first.points,
    lines,
    payloads,
    bytes,
    collect: work(
      collects.map(({ collect }) => collect),
      watched.collects.map(({ collect }) => collect),
    ),
    drain:
      drains.length === 0
        ? undefined
        : work(
            collects.flatMap(({ drain }) => drain ?? []),
            drains,
          ),
    nowhere: work(nowhere, watched.nowhere, { hotShots }),
    network:
      network.length === 0
        ? undefined
        : work(network, watched.network, {
            // What came by HTTP was acknowledged.
            arrived: isHttp ? undefined : arrived.network / (network.length * lines),
            hotShots: besideNetwork,
          }),
    hotShots:
      hotShots.length === 0
        ? undefined
        : work(hotShots, [], { arrived: arrived.hotShots / (hotShots.length * lines) }),
  };
}

function work(
  rounds: readonly Measured[],
  watched: readonly Measured[],
  { arrived, hotShots = [] }: { arrived?: number | undefined; hotShots?: readonly Measured[] } = {},
): Work {
  const blocks = watched.flatMap(({ block }) => block ?? []);
  return {
    processor: summarise(rounds.map(({ processor }) => processor)),
    elapsed: summarise(rounds.map(({ elapsed }) => elapsed)),
    block:
      blocks.length === 0
        ? undefined
        : {
            whole: summarise(blocks.map(({ whole }) => whole)),
            own: summarise(blocks.map(({ own }) => own)),
          },
    arrived,
    hotShotsRatio:
      hotShots.length === 0
        ? undefined
        : summarise(hotShots.map(({ processor }, round) => processor / rounds[round]!.processor)),
  };
}
