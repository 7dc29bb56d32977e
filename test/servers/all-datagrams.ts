import type { FakeUdpServer } from '@tallykit/testkit';
import { sendDatagram } from './send-datagram.ts';

/** What is sent after everything else. */
const LAST = 'last:1|c';
const isLast = (payload: string): boolean => payload === LAST;

/** Everything that programs which have ended sent to a server. */
export async function allDatagrams(server: FakeUdpServer): Promise<readonly string[]> {
  // A socket receives its datagrams in their order, so what was sent before this one is there when it is.
  const asked = server.payloads.filter(isLast).length;
  await sendDatagram(LAST, server.port);
  const payloads = await server.until((arrived) => arrived.filter(isLast).length > asked);
  return payloads.filter((payload) => !isLast(payload));
}
