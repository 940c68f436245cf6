/** What a started keepalived prints of what it has read (--dump-conf, keepalived 2.2.7). Pure. */

export interface ShownServer {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** DR, NAT or TUN. */
  readonly method: string;
}

/** Where a virtual server listens: an address and port, a mark, or a range of addresses. */
export interface ShownHead {
  readonly address?: string;
  readonly port?: number;
  readonly mark?: number;
}

export interface ShownService {
  readonly heads: readonly ShownHead[];
  readonly scheduler: string;
  readonly protocol: string;
  readonly isPersistent: boolean;
  readonly hasFallback: boolean;
  readonly servers: readonly ShownServer[];
}

export interface ShownInstance {
  readonly name: string;
  readonly version: number;
  readonly interface: string;
  readonly routerId: number;
  readonly priority: number;
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly authentication: string;
  readonly vips: readonly string[];
  /** The interface of each of them. */
  readonly devices: readonly string[];
  readonly excluded: readonly string[];
}

export interface Shown {
  readonly services: readonly ShownService[];
  readonly instances: readonly ShownInstance[];
}

export function parseDump(text: string): Shown {
  const lines = text.split('\n').map((one) => one.replace(/^\w{3} \w{3} +\d+ [\d:]+ \d{4}: /, ''));
  const groups = new Map(
    sections(lines, /^ ------< Virtual server group >/).map((part) => [
      find(part, /^ Virtual Server Group = (.*), IPv4/),
      headsOf(part),
    ]),
  );
  return {
    services: sections(lines, /^ ------< Virtual server >/).map((part) => serviceOf(part, groups)),
    instances: sections(lines, /^ VRRP Instance = /).map(instanceOf),
  };
}

/** From each line of this form to the next one, or to the next part of the dump. */
function sections(lines: readonly string[], begin: RegExp): string[][] {
  const found: string[][] = [];
  let open: string[] | undefined;
  for (const text of lines) {
    if (begin.test(text)) {
      open = [text];
      found.push(open);
    } else if (/^ ?------</.test(text) || /^ VRRP (Instance|Sync Group) = /.test(text)) {
      open = undefined;
    } else {
      open?.push(text);
    }
  }
  return found;
}

function find(part: readonly string[], form: RegExp): string {
  for (const text of part) {
    const found = form.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return '';
}

function headsOf(part: readonly string[]): ShownHead[] {
  return part.flatMap((text): ShownHead[] => {
    const mark = /FWMARK = (\d+)/.exec(text);
    if (mark !== null) return [{ mark: Number(mark[1]) }];
    const range = /VIP Range = \S+, VPORT = (\d+)/.exec(text);
    if (range !== null) return [{ port: Number(range[1]) }];
    const vip = /VIP = (\S+), VPORT = (\d+)/.exec(text);
    return vip === null ? [] : [{ address: vip[1] as string, port: Number(vip[2]) }];
  });
}

function serviceOf(part: readonly string[], groups: ReadonlyMap<string, readonly ShownHead[]>): ShownService {
  const at = part.findIndex((text) => /------< Real server >/.test(text));
  const own = at < 0 ? part : part.slice(0, at);
  const group = find(own, /^ VS GROUP = \[(.*)\]/);
  const servers: ShownServer[] = [];
  for (const [index, text] of part.entries()) {
    const server = /RIP = (\S+), RPORT = (\d+), WEIGHT = (-?\d+)/.exec(text);
    if (server === null) continue;
    const method = find(part.slice(index), /^ +forwarding method = (\w+)/);
    servers.push({ address: server[1] as string, port: Number(server[2]), weight: Number(server[3]), method });
  }
  return {
    heads: group === '' ? headsOf(own) : (groups.get(group) ?? []),
    scheduler: find(own, /lvs_sched = (\S+)/),
    protocol: find(own, /protocol = (\S+)/),
    isPersistent: own.some((text) => text.includes('persistence timeout')),
    hasFallback: own.some((text) => /(sh|mh)-fallback = enabled/.test(text)),
    servers,
  };
}

function instanceOf(part: readonly string[]): ShownInstance {
  const [, interval = '0', unit] =
    /Advert interval = (\d+) (sec|milli-sec)/.exec(part.find((text) => text.includes('Advert interval')) ?? '') ?? [];
  return {
    name: find(part, /^ VRRP Instance = (.*)$/),
    version: Number(find(part, /VRRP Version = (\d)/)),
    // That of a VMAC is made by keepalived, on the one that was named.
    interface: find(part, /^ +Interface = \S+, vmac on ([^\s,]+)/) || find(part, /^ +Interface = ([^\s,]+)/),
    routerId: Number(find(part, /Virtual Router ID = (\d+)/)),
    priority: Number(find(part, /^ +Priority = (\d+)/)),
    advertIntervalMs: Number(interval) * (unit === 'sec' ? 1_000 : 1),
    preempt: find(part, /Preempt = (\w+)/) === 'enabled',
    authentication: find(part, /Authentication type = (\S+)/),
    vips: addressesBehind(part, /^ +Virtual IP \(/).map(([address = '']) => address),
    devices: addressesBehind(part, /^ +Virtual IP \(/).map(([, device = '']) => device),
    excluded: addressesBehind(part, /^ +Virtual IP Excluded/).map(([address = '']) => address),
  };
}

/** Each with its interface. */
function addressesBehind(part: readonly string[], form: RegExp): string[][] {
  const at = part.findIndex((text) => form.test(text));
  if (at < 0) return [];
  const found: string[][] = [];
  for (const text of part.slice(at + 1)) {
    const address = /^ {5}([\d.]+|[\da-f:.]+)(?:\/\d+)?(?: .*?)?(?: dev (\S+)|$)/i.exec(text);
    if (address === null) break;
    found.push([address[1] as string, address[2] ?? '']);
  }
  return found;
}
