import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/**
 * Networks that webhooks must not reach: this machine, private networks, and the metadata services of clouds.
 */
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

/**
 * Only global unicast addresses of IPv6 are allowed (IANA's registry), without Teredo, 6to4 and documentation
 * prefixes.
 */
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

/** True for an address of the public Internet. IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is not one. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closedIpv4.check(address, 'ipv4');
  return isIP(address) === 6 && openIpv6.check(address, 'ipv6') && !closedIpv6.check(address, 'ipv6');
}

/** Resolves a host name to addresses; tests bring their own. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export const resolveByDns: Resolve = (host) => lookup(host, { all: true });

/** A receiver that webhooks must not reach. */
export class NoReceiver extends Error {
  override readonly name = 'NoReceiver';
}

/** A receiver whose name does not resolve. */
export class UnknownHost extends Error {
  override readonly name = 'UnknownHost';
}

/**
 * Names of this machine or network, however they resolve (RFC 6761, RFC 8375, the metadata services of
 * clouds).
 */
const closedNames = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|localdomain)\.?$/;

/** The host of a URL without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Checks the text of a webhook's URL: https, no user or password, a port to which one can connect, no name or
 * address of a closed network.
 */
export function isOpenUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  if (url.port === '0') return false;
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !closedNames.test(host);
}

/**
 * Resolves a host to the address to connect to. All addresses of a name must be public, since its owner could
 * otherwise swap them after the check (DNS rebinding).
 *
 * @throws NoReceiver if one of them is not public; UnknownHost if there is none.
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
