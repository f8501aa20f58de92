import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Where no receiver of a webhook may be: this machine, private networks, and what a cloud answers only to those inside it. */
const closedIpv4 = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  closedIpv4.addSubnet(network, bits, 'ipv4');

/** Of IPv6 only the global unicast addresses are open (IANA's registry), less those in them that lead elsewhere: Teredo, 6to4, examples. */
const openIpv6 = new BlockList();
openIpv6.addSubnet('2000::', 3, 'ipv6');
const closedIpv6 = new BlockList();
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  closedIpv6.addSubnet(network, bits, 'ipv6');

/** Whether an address is one of the public Internet. IPv4 in the clothes of IPv6 (`::ffff:10.0.0.1`) is not. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closedIpv4.check(address, 'ipv4');
  return isIP(address) === 6 && openIpv6.check(address, 'ipv6') && !closedIpv6.check(address, 'ipv6');
}

/** Turns a host's name into its addresses; a test brings its own. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export const resolveByDns: Resolve = (host) => lookup(host, { all: true });

/** A receiver that nothing may be sent to. */
export class NoReceiver extends Error {
  override readonly name = 'NoReceiver';
}

/** A receiver that is not found. */
export class UnknownHost extends Error {
  override readonly name = 'UnknownHost';
}

/** Names that mean this machine or this network, whatever a resolver says (RFC 6761, RFC 8375, the metadata services of clouds). */
const closedNames = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|localdomain)\.?$/;

/** The host of a URL without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether a URL is one that a webhook may have, as far as its text tells: https, no user in it, no name or address of a closed network. */
export function isOpenUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !closedNames.test(host);
}

/**
 * The address to connect to. All addresses of a name must be public: whoever controls a name could else let it change between looks.
 *
 * @throws NoReceiver if one of them is not; UnknownHost if there is none.
 */
export async function receiverAddress(
  host: string,
  resolve: Resolve,
): Promise<{ address: string; family: number }> {
  const version = isIP(host);
  const addresses = version ? [{ address: host, family: version }] : await resolve(host).catch(() => []);
  const [first] = addresses;
  if (!first) throw new UnknownHost('the receiver has no address');
  if (!addresses.every(({ address }) => isPublicAddress(address))) {
    throw new NoReceiver('the receiver is not on the public Internet');
  }
  return first;
}
